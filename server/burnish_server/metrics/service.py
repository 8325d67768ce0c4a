"""The figures of one client's documents: measured when asked for, and since when."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from burnish_server.documents import SourceText
from burnish_server.excluded import file_of
from burnish_server.learning.ranges import Edit
from burnish_server.metrics.model import Limits, Measured
from burnish_server.metrics.moving import moved
from burnish_server.perf.process import AnalyserError
from burnish_server.perf.service import LONGEST_TEXT

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer
    from burnish_server.workspace import BurnishDocument

__all__ = ["Figures", "MetricsService"]

log = logging.getLogger("burnish_server")

#: Seconds to wait before a text is measured: after an edit that stands alone, and while somebody types.
_ALONE_S, _TYPING_S = 0.02, 0.25
#: Edits closer together than this, in seconds, are typing.
_TYPING_GAP_S = 0.8


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
class _Document:
    #: What :attr:`measured` was last moved to.
    text: str = ""
    measured: Measured = field(default_factory=Measured)
    #: The text that was measured last, and under which generation of the settings; None: none yet.
    seen: str | None = None
    generation: int = -1
    task: asyncio.Task[None] | None = None
    changed_at: float = float("-inf")
    wait: float = _ALONE_S


class MetricsService:
    """One client's. Lives in one event loop; measuring happens in the analyser's process.

    Attributes:
        measured: called with a document's URI whenever it was measured.
        clickable: whether the client can show what drives a function's complexity.
    """

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self._documents: dict[str, _Document] = {}
        self._generation = 0
        self.measured: Callable[[str], None] = lambda _: None
        self.clickable = False

    def opened(self, uri: str) -> None:
        """A document was opened."""
        self._documents[uri] = _Document()

    def changed(self, uri: str, edits: list[Edit], after: str) -> None:
        """A document was edited; ``after`` is its text now."""
        document = self._documents.get(uri)
        if document is None:
            return
        now = time.monotonic()
        document.wait = _TYPING_S if now - document.changed_at < _TYPING_GAP_S else _ALONE_S
        document.changed_at = now
        document.measured = moved(document.measured, edits, document.text)
        document.text = after

    def closed(self, uri: str) -> None:
        """A document was closed."""
        document = self._documents.pop(uri, None)
        if document is not None and document.task is not None:
            document.task.cancel()

    def settings_changed(self) -> None:
        """The client's settings, or the project's, are others now: every document is measured again when it is asked about."""
        self._generation += 1

    def end(self) -> None:
        """The client goes away. May be called twice."""
        for document in self._documents.values():
            if document.task is not None:
                document.task.cancel()
        self._documents.clear()

    async def look(self, uri: str) -> Figures | None:
        """The figures of the present text of a document; None where nothing is measured."""
        while (document := self._wanted(uri)) is not None:
            entry = self._documents.setdefault(uri, _Document())
            if self._fresh(document, entry):
                return Figures(document.snapshot, document.version, entry.measured)
            await self._measured(uri, entry)
        return None

    def last(self, uri: str) -> Figures | None:
        """What is known of a document at once, without waiting: figures of an earlier text keep their places."""
        document, entry = self._wanted(uri), self._documents.get(uri)
        if document is None or entry is None or entry.text != document.source or entry.seen is None:
            return None
        return Figures(document.snapshot, document.version, entry.measured)

    def look_soon(self, uri: str) -> None:
        """Measure a document without anybody waiting for it."""
        entry = self._documents.get(uri)
        if entry is not None and self._wanted(uri) is not None:
            self._started(uri, entry)

    # -- inside ----------------------------------------------------------------------------------------------

    def _fresh(self, document: BurnishDocument, entry: _Document) -> bool:
        return (
            entry.seen is not None and entry.seen == document.source and entry.generation == self._generation
        )

    def _wanted(self, uri: str) -> BurnishDocument | None:
        """The open document, where it is measured."""
        document = self._server.workspace.document(uri)
        if document is None or document.language_id not in ("python", None, ""):
            return None
        if len(document.source) > LONGEST_TEXT:
            return None
        return None if self._server.pipeline.excluded.pattern(file_of(uri)) is not None else document

    def _started(self, uri: str, entry: _Document) -> asyncio.Task[None]:
        if entry.task is None or entry.task.done():
            entry.task = asyncio.get_running_loop().create_task(self._measure(uri, entry))
        return entry.task

    async def _measured(self, uri: str, entry: _Document) -> None:
        """Wait until a text of the document was measured; who stops waiting disturbs nobody."""
        await asyncio.wait([self._started(uri, entry)])

    async def _measure(self, uri: str, entry: _Document) -> None:
        while not await self._once(uri, entry):
            pass

    async def _once(self, uri: str, entry: _Document) -> bool:
        """Measure the present text once typing pauses; false where it has changed meanwhile."""
        while (rest := entry.changed_at + entry.wait - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        document = self._wanted(uri)
        if document is None:
            return True
        text, generation, options = document.source, self._generation, self._server.settings.metrics
        limits = Limits(options.complexity, options.nesting, options.maintainability)
        try:
            found = await self._server.perf.process.metrics(uri, file_of(uri), text, limits)
        except AnalyserError as error:
            log.warning("The figures of one document: %s", error)
            # This very text is not tried again: it may be what the process died of.
            found = Measured(broken=True)
        self._server.perf.tell_problems(found.problems)
        document = self._wanted(uri)
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
