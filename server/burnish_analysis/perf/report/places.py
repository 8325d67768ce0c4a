"""Places in a text as editors count them: lines from 0, characters in UTF-16 code units."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from burnish_analysis.perf.text import SourceText

__all__ = ["Place", "Places", "Range"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position of the language server protocol: ``line`` from 0, ``character`` in UTF-16 code units."""

    line: int
    character: int

    def as_dict(self) -> dict[str, int]:
        """As the protocol writes it."""
        return {"line": self.line, "character": self.character}


@dataclass(frozen=True, slots=True)
class Range:
    """From ``start`` up to, not including, ``end``."""

    start: Place
    end: Place

    def as_dict(self) -> dict[str, Any]:
        """As the protocol writes it."""
        return {"start": self.start.as_dict(), "end": self.end.as_dict()}


class Places:
    """Turns indices into one text into places. A byte order mark at its beginning counts as nothing, as in editors."""

    def __init__(self, text: SourceText) -> None:
        self._text = text.source
        self._starts = text.starts

    def of(self, offset: int) -> Place:
        """The place of an index."""
        line, before = self._before(offset)
        return Place(
            line, len(before) if before.isascii() else len(before.encode("utf-16-le", "surrogatepass")) // 2
        )

    def range(self, start: int, end: int) -> Range:
        """The range between two indices."""
        return Range(self.of(start), self.of(end))

    def column(self, offset: int) -> int:
        """The column of an index as people count: characters from 1."""
        return len(self._before(offset)[1]) + 1

    def line(self, offset: int) -> str:
        """The text of the line that an index stands in, without its end."""
        line, _ = self._before(offset)
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[line] : end].rstrip("\r\n")

    def _before(self, offset: int) -> tuple[int, str]:
        line = max(0, bisect_right(self._starts, offset) - 1)
        return line, self._text[self._starts[line] : offset]
