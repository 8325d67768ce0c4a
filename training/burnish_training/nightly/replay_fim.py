"""Fill-in-the-middle examples cut from the user's own files, so that a night does not forget how they write."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from burnish_models.engine.base import FimPrompt
from burnish_models.prompt_layout import middle_start
from burnish_training.nightly.workspace import SourceFile

__all__ = ["Cut", "cut_lines", "replay_cuts"]

#: Characters of the file that a cut shows; the tokenizer trims what is over.
PREFIX_CHARACTERS = 4_000
SUFFIX_CHARACTERS = 1_500
#: Of the cuts so many begin inside a line; the others begin where a line does.
_MIDDLE_OF_LINE = 0.7
#: Of the cuts so many end at the line's end; the others go on to the end of a short block.
_ONE_LINE = 0.85
_LEAST_REST = 2
_MOST_LINES = 6
_TRIES = 40

Cut = tuple[FimPrompt, str]


def replay_cuts(
    files: Sequence[SourceFile], count: int, rng: random.Random, forbidden: Mapping[str, frozenset[str]]
) -> list[Cut]:
    """``count`` prompts with the text that stands after them, in the layout that is served.

    Files, or stretches of them, are drawn by their size. A middle never has a line that is in ``forbidden`` (stripped lines by the file's
    location): what the gate will ask for is not shown before.
    """
    if not files:
        return []
    weights = [len(file.text) for file in files]
    cuts: list[Cut] = []
    seen: set[tuple[int, int, int]] = set()
    for _ in range(count * _TRIES):
        if len(cuts) == count:
            break
        (number,) = rng.choices(range(len(files)), weights)
        file = files[number]
        lines = file.text.split("\n")
        place = _place(lines, rng)
        if place is None:
            continue
        line, column, last = place
        if (number, line, last) in seen or _holds(lines[line : last + 1], forbidden.get(file.location)):
            continue
        seen.add((number, line, last))
        cuts.append(cut_lines(file.path, lines, line, column, last))
    return cuts


def _holds(lines: Sequence[str], forbidden: frozenset[str] | None) -> bool:
    return forbidden is not None and any(line.strip() in forbidden for line in lines)


def _place(lines: Sequence[str], rng: random.Random) -> tuple[int, int, int] | None:
    """A cursor's line and column, and the last line of the middle; ``None`` where there is nothing to complete."""
    line = rng.randrange(len(lines))
    text = lines[line].rstrip()
    indent = len(text) - len(text.lstrip())
    if len(text) - indent <= _LEAST_REST:
        return None
    column = rng.randint(indent, len(text) - _LEAST_REST) if rng.random() < _MIDDLE_OF_LINE else indent
    last = line
    if rng.random() >= _ONE_LINE:
        last = _block_end(lines, line, indent, rng.randint(2, _MOST_LINES))
    return line, column, last


def _block_end(lines: Sequence[str], first: int, indent: int, most: int) -> int:
    """The last line of what belongs to the line ``first``: up to ``most`` lines that are not indented less."""
    last = first
    while last + 1 < len(lines) and last + 1 - first < most:
        text = lines[last + 1]
        if not text.strip() or len(text) - len(text.lstrip()) < indent:
            break
        last += 1
    return last


def cut_lines(path: str, lines: Sequence[str], line: int, column: int, last: int) -> Cut:
    """The served prompt of a cursor, and the text from there to the end of line ``last`` (all 0-based)."""
    start = middle_start(line)
    prefix = "".join(f"{text}\n" for text in lines[:start])
    typed = "".join(f"{text}\n" for text in lines[start:line]) + lines[line][:column]
    suffix = ("\n" + "\n".join(lines[last + 1 :])) if last + 1 < len(lines) else ""
    middle = "\n".join([lines[line][column:], *lines[line + 1 : last + 1]]).rstrip()
    prompt = FimPrompt(_last_lines(prefix, PREFIX_CHARACTERS), typed, suffix[:SUFFIX_CHARACTERS], path)
    return prompt, middle


def _last_lines(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[text.find("\n", len(text) - most) + 1 :]
