"""Between a file's own text and the plain one that rope reads: without byte order mark, lines ending with LF, encoding cookie masked.

Changes made to the plain text come back as edits of the file's text, so everything they do not touch stays as it is.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from burnish_analysis.perf.text import SourceText
from burnish_analysis.refactor.crossing.model import TextEdit

__all__ = ["PlainText", "apply_edits"]

_ENDS = re.compile(r"\r\n|\r")
_COOKIE = re.compile(r"\A(?:[ \t\f]*#[^\n]*\n)?[ \t\f]*#.*?coding[:=]")
#: Stands for the "o" of an encoding cookie.
_MASK = "\ue000"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class PlainText:
    """A file's text as rope sees it.

    Attributes:
        source: the file's text. plain: the plain one, which stands for it.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._mark = 1 if source.startswith("\ufeff") else 0
        self._newline = SourceText(source).newline
        body = source[self._mark :]
        #: Places in the plain text of line feeds that stand for two characters.
        self._pairs = [m.start() - i for i, m in enumerate(re.finditer("\r\n", body))]
        read = _ENDS.sub("\n", body)
        self.plain = _masked(read)
        self._cookie = self.plain != read

    def offset(self, plain: int) -> int:
        """Where a place of the plain text is in the file's."""
        return plain + self._mark + bisect_left(self._pairs, plain)

    def plain_offset(self, offset: int) -> int:
        """Where a place of the file's text is in the plain one; between CR and LF counts as before both."""
        at = max(offset - self._mark, 0)
        low, high = 0, len(self._pairs)
        while low < high:
            middle = (low + high) // 2
            if self._pairs[middle] + middle + 1 < at:
                low = middle + 1
            else:
                high = middle
        inside = low < len(self._pairs) and self._pairs[low] + low + 1 == at
        return at - low - (1 if inside else 0)

    def edits(self, changed: str) -> tuple[TextEdit, ...]:
        """The edits of the file's text that make its plain text ``changed``."""
        return tuple(self.edit(*one) for one in _differences(self.plain, changed))

    def edit(self, start: int, end: int, text: str) -> TextEdit:
        """One edit given by plain offsets and plain text."""
        first, last, text = self.offset(start), self.offset(end), self.written(text)
        # Beside a lone end of the other kind, a line end would become half of one.
        after, before = self.source[:first].endswith("\r"), self.source[last:].startswith("\n")
        if after and (text.startswith("\n") or (not text and before and first < last)):
            text = f"\r{text}" if text else "\n"
        if before and text.endswith("\r"):
            text += "\n"
        return TextEdit(first, last, text)

    def written(self, plain: str) -> str:
        """Plain text as the file writes it."""
        return (plain.replace(_MASK, "o") if self._cookie else plain).replace("\n", self._newline)


def apply_edits(source: str, edits: tuple[TextEdit, ...]) -> str:
    """A text after edits that are in order and do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts += (source[at : edit.start], edit.text)
        at = edit.end
    return "".join([*parts, source[at:]])


def _masked(text: str) -> str:
    """The text with an encoding cookie made unreadable, as long as before: what is in memory is decoded already."""
    found = _COOKIE.match(text)
    if not found:
        return text
    at = found.end() - len("coding=")
    return f"{text[:at]}c{_MASK}ding{text[at + 6 :]}"


def _differences(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and new text of what differs, line by line, cut down to the characters that change."""
    before, after = _LINE.findall(old), _LINE.findall(new)
    first, last = _alike(before, after)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    middle = before[first : len(before) - last], after[first : len(after) - last]
    matcher = difflib.SequenceMatcher(None, *middle, autojunk=len(middle[0]) > 3000)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = (
            [(a, b, c, d)] if b - a != d - c else [(a + i, a + i + 1, c + i, c + i + 1) for i in range(b - a)]
        )
        for one, two, three, four in pairs:
            start = starts[first + one]
            gone, come = "".join(middle[0][one:two]), "".join(middle[1][three:four])
            yield _cut(start, gone, come)


def _cut(start: int, gone: str, come: str) -> tuple[int, int, str]:
    first, last = _alike(gone, come)
    return start + first, start + len(gone) - last, come[first : len(come) - last]


def _alike(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """How many items at the beginning and, of the rest, at the end are the same in both."""
    many = min(len(one), len(other))
    first = 0
    while first < many and one[first] == other[first]:
        first += 1
    last = 0
    while last < many - first and one[-1 - last] == other[-1 - last]:
        last += 1
    return first, last
