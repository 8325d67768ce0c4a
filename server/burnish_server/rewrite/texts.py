"""Offsets in a text whose lines may end in any way, as Python's parser counts them."""

from __future__ import annotations

import ast
import re
from functools import cached_property

__all__ = ["Text"]

_END = re.compile(r"\r\n|\r|\n")
_BOM = "\ufeff"


class Text:
    """A document's text, and ``plain``: the same without byte order mark and with lines that end in LF."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._skipped = len(_BOM) if text.startswith(_BOM) else 0
        body = text[self._skipped :]
        self.plain = _END.sub("\n", body)
        ends = _END.findall(body)
        #: The line end that most lines have.
        self.newline = max(sorted(set(ends)), key=ends.count) if ends else "\n"

    @cached_property
    def lines(self) -> list[str]:
        """The lines of ``plain``, without their ends."""
        return self.plain.split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        starts = [self._skipped]
        starts += [match.end() + self._skipped for match in _END.finditer(self.text[self._skipped :])]
        return starts

    def offset(self, line: int, column: int) -> int:
        """Offset in ``text`` of a place as :mod:`ast` gives it: line from 1, column in bytes of UTF-8."""
        start = self._starts[line - 1]
        before = self.lines[line - 1].encode("utf-8", "surrogatepass")[:column]
        return start + len(before.decode("utf-8", "surrogatepass"))

    def line_start(self, line: int) -> int:
        """Offset in ``text`` of the beginning of a line, counted from 1; one more than there are is the end."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def line_end(self, line: int) -> int:
        """Offset in ``text`` of the end of a line, its line end apart."""
        return self._starts[line - 1] + len(self.lines[line - 1])

    def native(self, plain: str) -> str:
        """Text of ours with this text's line ends."""
        return plain.replace("\n", self.newline)

    def segment(self, node: ast.stmt | ast.expr) -> str:
        """What stands in ``plain`` for a node, whole first line included."""
        return "\n".join(self.lines[node.lineno - 1 : node.end_lineno])
