"""Text snapshots and LSP positions.

The protocol ends lines at LF, CRLF and CR only; ``str.splitlines`` also cuts at form feeds, ``\\x85``
and others, which real Python files contain, so positions are computed here and nowhere else.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

__all__ = ["SourceText", "index_of_units", "units_of_index"]

_LINE_END = re.compile(r"\r\n|\r|\n")


def index_of_units(line: str, units: int, encoding: str) -> int:
    """The index into ``line`` of a position given in code units.

    Args:
        line: the text of one line.
        units: code units from the line's start; past the end means the end, inside a character means
            before it.
        encoding: ``utf-8``, ``utf-16`` or ``utf-32``, as negotiated.
    """
    if units <= 0:
        return 0
    if line.isascii() or encoding == "utf-32":
        return min(units, len(line))
    codec, width = ("utf-8", 1) if encoding == "utf-8" else ("utf-16-le", 2)
    data = line.encode(codec, "surrogatepass")
    cut = min(units * width, len(data))
    if codec == "utf-8":
        while 0 < cut < len(data) and 0x80 <= data[cut] < 0xC0:
            cut -= 1
    elif cut < len(data) and _is_low_surrogate(data, cut) and _is_high_surrogate(data, cut - 2):
        cut -= 2
    return len(data[:cut].decode(codec, "surrogatepass"))


def units_of_index(line: str, index: int, encoding: str) -> int:
    """The number of code units in ``line[:index]``: the inverse of :func:`index_of_units`."""
    head = line[:index]
    if encoding == "utf-32" or head.isascii():
        return len(head)
    if encoding == "utf-8":
        return len(head.encode("utf-8", "surrogatepass"))
    return len(head.encode("utf-16-le", "surrogatepass")) // 2


def _is_high_surrogate(data: bytes, at: int) -> bool:
    return at >= 0 and 0xD8 <= data[at + 1] < 0xDC


def _is_low_surrogate(data: bytes, at: int) -> bool:
    return 0xDC <= data[at + 1] < 0xE0


class SourceText:
    """An immutable snapshot of a document with its line index. Offsets are indices into ``text``."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset at which every line begins; the text after a final line end is a last, empty line."""
        if "\r" in self.text:
            return [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        lengths = (len(line) + 1 for line in self.text.split("\n"))
        return [0, *list(accumulate(lengths))[:-1]]

    @cached_property
    def newline(self) -> str:
        """The line end this file uses (that of its first line; LF where there is none)."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"

    @property
    def line_count(self) -> int:
        """Number of lines, the empty one after a final line end included."""
        return len(self.line_starts)

    def split_at(self, offset: int) -> tuple[str, str]:
        """The text left and right of an offset."""
        return self.text[:offset], self.text[offset:]

    def line_span(self, line: int) -> tuple[int, int]:
        """``(start, end)`` of a line without its line end. ``line`` is 0-based and must exist."""
        starts = self.line_starts
        start = starts[line]
        if line + 1 == len(starts):
            return start, len(self.text)
        end = starts[line + 1]
        if self.text.startswith("\r\n", end - 2) and end - 2 >= start:
            return start, end - 2
        return start, end - 1

    def line_text(self, line: int) -> str:
        """The text of one line without its line end."""
        start, end = self.line_span(line)
        return self.text[start:end]

    def line_of(self, offset: int) -> int:
        """The 0-based line that ``offset`` lies on."""
        return bisect_right(self.line_starts, offset) - 1

    def offset_at(self, line: int, character: int, encoding: str = "utf-16") -> int:
        """The offset of an LSP position; beyond a line's end means its end, beyond the last line the text's
        end.
        """
        if line < 0:
            return 0
        if line >= self.line_count:
            return len(self.text)
        start, end = self.line_span(line)
        return start + index_of_units(self.text[start:end], character, encoding)

    def position_at(self, offset: int, encoding: str = "utf-16") -> tuple[int, int]:
        """The LSP position ``(line, character)`` of an offset."""
        offset = max(0, min(offset, len(self.text)))
        line = self.line_of(offset)
        start, end = self.line_span(line)
        return line, units_of_index(self.text[start:end], min(offset, end) - start, encoding)
