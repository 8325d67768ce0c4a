"""radon's raw counts, made line by line so that lines which were counted before are not read again.

radon strips every line and puts lines together until they can be tokenized; what it counts of such a group follows from
the group's text alone. Where radon tokenizes a group once for every line in it, this finds the end in one pass.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.model import Raw
from burnish_analysis.metrics.visitors import tokens_are

__all__ = ["Group", "Groups", "count_lines"]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that are tokenized together, stripped, and what radon counts of them."""

    lines: tuple[str, ...]
    comments: int
    lloc: int
    sloc: int
    multi: int
    blank: int
    single: int


_BLANK = Group(("",), 0, 0, 0, 0, 1, 0)

#: Groups that are known, by their first line.
Groups = dict[str, tuple[Group, ...]]


def count_lines(source: str, known: Groups) -> tuple[Raw, Groups]:
    """The raw counts of a text, and its groups, which make counting a similar text fast.

    Raises:
        SourceError: the text's end is missing (a bracket or quotation mark stays open), as radon reads it.
    """
    lines = [line.strip() for line in source.splitlines()]
    met: Groups = {}
    found: list[Group] = []
    number = 0
    while number < len(lines):
        group = _known(lines, number, met) or _known(lines, number, known)
        if group is None:
            group = _read(lines, number)
        if group not in (same := met.get(lines[number], ())):
            met[lines[number]] = (*same, group)
        found.append(group)
        number += len(group.lines)
    sloc, blank = sum(group.sloc for group in found), sum(group.blank for group in found)
    multi, single = sum(group.multi for group in found), sum(group.single for group in found)
    return (
        Raw(
            loc=sloc + blank + multi + single,
            lloc=sum(group.lloc for group in found),
            sloc=sloc,
            comments=sum(group.comments for group in found),
            multi=multi,
            blank=blank,
            single_comments=single,
        ),
        met,
    )


def _known(lines: list[str], number: int, groups: Groups) -> Group | None:
    for group in groups.get(lines[number], ()):
        if len(group.lines) == 1 or tuple(lines[number : number + len(group.lines)]) == group.lines:
            return group
    return None


def _read(lines: list[str], number: int) -> Group:
    """Read the group that begins at a line: the fewest lines that can be tokenized."""
    first = lines[number]
    if not first:
        return _BLANK
    if first.startswith("#"):
        return Group((first,), 1, 0, 0, 0, 0, 1)
    if (tokens := _tokens(first)) is not None:
        return _counted((first,), tokens)
    for count in range(_least(lines, number), len(lines) - number + 1):
        group = lines[number : number + count]
        if (tokens := _tokens("\n".join(group))) is not None:
            return _counted(tuple(group), tokens)
    raise SourceError(f"line {number + 1}: radon cannot tell where what begins here ends.")


def _least(lines: list[str], number: int) -> int:
    """How many lines a group of several has at least: up to the first end of a logical line. No tokenizer accepts fewer."""
    rest: Iterator[str] = (line + "\n" for line in islice(lines, number, None))
    try:
        for token in tokenize.generate_tokens(lambda: next(rest, "")):
            if token.type == tokenize.ERRORTOKEN:
                break
            if token.type == tokenize.NEWLINE:
                return max(2, token.start[0])
    except (tokenize.TokenError, SyntaxError):
        # It says no more than that this way does not help: the end is sought line by line.
        return 2
    return 2


def _tokens(text: str) -> list[tokenize.TokenInfo] | None:
    """The tokens of a text; None where radon would add another line."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except tokenize.TokenError:
        return None
    return None if any(token.type == tokenize.ERRORTOKEN for token in tokens) else tokens


def _counted(lines: tuple[str, ...], tokens: list[tokenize.TokenInfo]) -> Group:
    counted = tokens_are(tokens)
    full = sum(1 for line in lines if line)
    if counted.single:
        # radon counts one line, also where there are more.
        return Group(lines, counted.comments, counted.lloc, 0, 0, 0, 1)
    if counted.text:
        return Group(lines, counted.comments, counted.lloc, 0, full, len(lines) - full, 0)
    return Group(lines, counted.comments, counted.lloc, full, 0, len(lines) - full, 0)
