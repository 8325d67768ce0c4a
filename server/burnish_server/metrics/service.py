"""The figures of one client's documents: measured when asked for, and since when."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from burnish_server.analysed import Analysed, analysed_document
from burnish_server.documents import SourceText
from burnish_server.excluded import file_of
from burnish_server.learning.ranges import Edit
from burnish_server.metrics.model import Limits, Measured
from burnish_server.metrics.moving import moved
from burnish_server.perf.process import AnalyserError, AnalyserProcess

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["Figures", "MetricsService"]

log = logging.getLogger("burnish_server")


@dataclass(frozen=True, slots=True)
class Figures:
    """A text and its figures.

    Attributes:
        version: of the document. measured: of this very text, or, where it is ``broken``, of an earlier one, moved along.
    """

    source: SourceText
    version: int | None
    measured: Measured


@dataclass(slots=True)
class _Document(Analysed):
    measured: Measured = field(default_factory=Measured)


class MetricsService:
    """One client's. Lives in one event loop; measuring happens in an analyser's process of its own.

    Attributes:
        measured: called with a document's URI whenever it was measured.
        clickable: whether the client can show what drives a function's complexity. explains: whether it shows pages that explain
            findings (its command ``burnish.explain``).
    """

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self._documents: dict[str, _Document] = {}
        self._generation = 0
        self.measured: Callable[[str], None] = lambda _: None
        self.clickable = False
        self.explains = False
        #: Findings do not wait for figures, nor for the refactorings at a cursor, which it looks for, too.
        self.process = AnalyserProcess(niceness=8)

    def opened(self, uri: str) -> None:
        """A document was opened."""
        self._documents[uri] = _Document()

    def changed(self, uri: str, edits: list[Edit], after: str) -> None:
        """A document was edited; ``after`` is its text now."""
        document = self._documents.get(uri)
        if document is None:
            return
        document.edited()
        document.measured = moved(document.measured, edits, document.text)
        document.text = after

    def closed(self, uri: str) -> None:
        """A document was closed."""
        document = self._documents.pop(uri, None)
        if document is not None:
            document.end()

    def settings_changed(self) -> None:
        """The client's settings, or the project's, are others now: every document is measured again when it is asked about."""
        self._generation += 1

    def end(self) -> None:
        """The client goes away. May be called twice."""
        for document in self._documents.values():
            document.end()
        self._documents.clear()
        self.process.close()

    async def look(self, uri: str) -> Figures | None:
        """The figures of the present text of a document; None where nothing is measured."""
        while (document := analysed_document(self._server, uri)) is not None:
            entry = self._documents.setdefault(uri, _Document())
            if entry.known(document.source, self._generation):
                return Figures(document.snapshot, document.version, entry.measured)
            await entry.looked_at(partial(self._measure, uri, entry))
        return None

    def last(self, uri: str) -> Figures | None:
        """What is known of a document at once, without waiting: figures of an earlier text keep their places."""
        document, entry = analysed_document(self._server, uri), self._documents.get(uri)
        if document is None or entry is None or entry.text != document.source or entry.seen is None:
            return None
        return Figures(document.snapshot, document.version, entry.measured)

    def look_soon(self, uri: str) -> None:
        """Measure a document without anybody waiting for it."""
        entry = self._documents.get(uri)
        if entry is not None and analysed_document(self._server, uri) is not None:
            entry.started(partial(self._measure, uri, entry))

    # -- inside ----------------------------------------------------------------------------------------------

    async def _measure(self, uri: str, entry: _Document) -> bool:
        """Measure the present text; false where it has changed meanwhile."""
        document = analysed_document(self._server, uri)
        if document is None:
            return True
        text, generation, options = document.source, self._generation, self._server.settings.metrics
        limits = Limits(options.complexity, options.nesting, options.maintainability)
        try:
            found = await self.process.metrics(uri, file_of(uri), text, limits)
        except AnalyserError as error:
            log.warning("The figures of one document: %s", error)
            # This very text is not tried again: it may be what the process died of.
            found = Measured(broken=True)
        self._server.perf.tell_problems(found.problems)
        document = analysed_document(self._server, uri)
        if document is None or document.source != text or generation != self._generation:
            return document is None
        if not found.broken:
            entry.measured = found
        else:
            # Unless nothing was ever moved to this text: then nothing is known of it.
            known = entry.measured if entry.text == text else Measured()
            entry.measured = replace(known, broken=True)
        entry.text, entry.seen, entry.generation = text, text, generation
        self.measured(uri)
        return True
