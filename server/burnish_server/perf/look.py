"""A text and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass

from burnish_server.documents import SourceText
from burnish_server.perf.held import Held
from burnish_server.perf.model import Found

__all__ = ["Look"]


@dataclass(frozen=True, slots=True)
class Look:
    """A text and what was found in it.

    Attributes:
        source: the text. version: of the document. path: of its file; empty where it has none.
        held: the findings and where they stand now. They are of this very text unless it is ``broken``: half-written.
    """

    source: SourceText
    version: int | None
    path: str
    held: tuple[Held, ...] = ()
    broken: bool = False

    @property
    def found(self) -> list[Found]:
        """The findings that hold for this very text."""
        return [] if self.broken else [one.found for one in self.held]

    def one(self, key: str) -> Found | None:
        """The finding of this name in this very text."""
        return next((found for found in self.found if found.key == key), None)
