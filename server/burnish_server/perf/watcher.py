"""Who is told what happens to findings."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Nobody", "Watcher"]


class Watcher(Protocol):
    """Is told what happens, to tell the client."""

    def edited(self, uri: str) -> None:
        """A document was opened or edited."""

    def looked(self, uri: str) -> None:
        """A document was looked at."""

    def changed(self, uri: str | None) -> None:
        """Findings may be others without an edit (settings, verdicts, a profile): of one document, or of all."""

    def closed(self, uri: str) -> None:
        """A document was closed."""


class Nobody:
    """Tells nobody."""

    def edited(self, uri: str) -> None:
        """See :class:`Watcher`."""

    def looked(self, uri: str) -> None:
        """See :class:`Watcher`."""

    def changed(self, uri: str | None) -> None:
        """See :class:`Watcher`."""

    def closed(self, uri: str) -> None:
        """See :class:`Watcher`."""
