"""A module's text: where nodes stand in it, its comments, and what edits make of it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property

from burnish_analysis.perf.model import Edit

__all__ = ["SourceText"]

_LINE_END = re.compile(r"\r\n|\r|\n")
_LEVELS = re.compile(r"^(?: {4})+", re.MULTILINE)


class SourceText:
    """A text that ``ast`` can parse. Offsets are indices into ``source``.

    Attributes:
        starts: where each line begins, by the line ends that Python knows.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._skipped = 1 if source.startswith("\ufeff") else 0
        self.starts = [self._skipped, *(m.end() for m in _LINE_END.finditer(source, self._skipped))]

    @property
    def code(self) -> str:
        """The text without a byte order mark."""
        return self.source[self._skipped :]

    def offset(self, line: int, column: int) -> int:
        """The index of a place given as ``ast`` gives it: 1-based line, column in UTF-8 bytes."""
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.source)
        text = self.source[start:end]
        if text.isascii():
            return start + column
        return start + len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))

    def start(self, node: ast.AST) -> int:
        """Where ``node`` begins; a decorated definition begins at ``def`` or ``class``."""
        return self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """Where ``node`` ends."""
        return self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        """The source of ``node``, without parentheses around it; its lines end with LF, as those of an :class:`Edit` do."""
        text = self.source[self.start(node) : self.end(node)]
        return _LINE_END.sub("\n", text) if "\r" in text else text

    def line_start(self, offset: int) -> int:
        """The index at which the line of ``offset`` begins."""
        return self.starts[bisect_left(self.starts, offset + 1) - 1]

    def line_end(self, offset: int) -> int:
        """The index after the line of ``offset``, its line end included."""
        place = bisect_left(self.starts, offset + 1)
        return self.starts[place] if place < len(self.starts) else len(self.source)

    @cached_property
    def comments(self) -> list[tuple[int, int]]:
        """Start and end of every comment."""
        found = []
        try:
            for token in tokenize.generate_tokens(
                io.StringIO(self.source[self._skipped :], newline="").readline
            ):
                if token.type == tokenize.COMMENT:
                    # tokenize counts columns in characters.
                    start = self.starts[token.start[0] - 1] + token.start[1]
                    found.append((start, start + len(token.string)))
        except (tokenize.TokenError, SyntaxError, IndexError):
            # Never seen for text that ast parses; then no fix may touch anything.
            return [(0, len(self.source))]
        return found

    def comments_in(self, start: int, end: int) -> list[str]:
        """The comments that lie in a span."""
        if "#" not in self.source[start:end]:
            return []  # finding every comment of a file takes longer than parsing it
        return [self.source[a:b] for a, b in self.comments if a < end and b > start]

    def edited(self, edits: Iterable[Edit]) -> str:
        """The text after edits that do not overlap; line feeds in them become the line end that the file uses most."""
        parts: list[str] = []
        at = 0
        for edit in self.written(edits):
            parts += (self.source[at : edit.start], edit.text)
            at = max(at, edit.end)
        return "".join([*parts, self.source[at:]])

    def written(self, edits: Iterable[Edit]) -> list[Edit]:
        """Edits in order, each with exactly the text that it puts into the file."""
        made = []
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
            text = edit.text
            if (
                edit.start == edit.end
                and text.endswith("\n")
                and edit.start
                and self.source[edit.start - 1] not in "\r\n\ufeff"
            ):
                # A whole line after a last line that has no end.
                text = "\n" + text[:-1]
            if "\r" in text:  # text of the file itself
                text = _LINE_END.sub("\n", text)
            made.append(Edit(edit.start, edit.end, text.replace("\n", self.newline)))
        return made

    def indented(self, lines: str, indent: str) -> str | None:
        """Lines to put into the file (levels of four spaces) behind ``indent``; None where that would change a text over several lines."""
        if "\n" in lines and ('"""' in lines or "'''" in lines or "\\\n" in lines):
            return None
        if indent.startswith("\t"):
            lines = _LEVELS.sub(lambda found: "\t" * (len(found[0]) // 4), lines)
        return "".join(f"{indent}{line}\n" if line else "\n" for line in lines.split("\n"))

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses most."""
        crlf = self.source.count("\r\n")
        lf, cr = self.source.count("\n") - crlf, self.source.count("\r") - crlf
        return "\r\n" if crlf > max(lf, cr) else ("\r" if cr > lf else "\n")
