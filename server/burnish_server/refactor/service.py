"""The refactorings of one client's documents: what is offered in a text, what is suggested unasked, and what is known of a change."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pygls.uris import to_fs_path

from burnish_server.analysed import analysed_document
from burnish_server.excluded import file_of
from burnish_server.learning.ranges import Edit
from burnish_server.perf.held import Held, moved
from burnish_server.perf.look import Look
from burnish_server.perf.model import RuleText
from burnish_server.perf.pages import write_pages
from burnish_server.perf.process import AnalyserError, AnalyserProcess
from burnish_server.perf.verdicts import Job
from burnish_server.refactor.model import LocalOffer, Offer
from burnish_server.refactor.plans import Plans
from burnish_server.refactor.process import RefactorProcess
from burnish_server.refactor.standing import Standing
from burnish_server.refactor.words import about_page

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer
    from burnish_server.workspace import BurnishDocument

__all__ = ["RefactorService"]

log = logging.getLogger("burnish_server")

#: Seconds without an edit after which suggestions are looked for: they can wait, findings cannot.
_REST_S = 1.0
#: Texts whose refactorings are kept.
_KEPT = 8


@dataclass(slots=True)
class _Suggested:
    """What is suggested in a document: what ``held`` was last moved to, and the text that was looked at last."""

    text: str = ""
    held: list[Held] = field(default_factory=list)
    seen: str | None = None
    timer: asyncio.TimerHandle | None = None


class RefactorService:
    """One client's. Lives in one event loop; the work is done in two worker processes, the findings' own and another.

    Attributes:
        asks: whether the client asks the questions of a refactoring by itself (its command ``burnish.refactor``).
    """

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self.process = RefactorProcess()
        #: Nobody waits for suggestions.
        self._suggesting = AnalyserProcess(niceness=15)
        self.plans = Plans()
        self.asks = False
        self._documents: dict[str, _Suggested] = {}
        self._looks: OrderedDict[tuple[str, str], asyncio.Task[Look]] = OrderedDict()
        self._standings: OrderedDict[bytes, Standing] = OrderedDict()
        self._about: dict[str, RuleText] = {}
        self._pages: dict[str, str] = {}

    # -- what happens in the editor --------------------------------------------------------------------------

    def opened(self, uri: str) -> None:
        """A document was opened."""
        self._documents[uri] = _Suggested()
        self._plan(uri)

    def changed(self, uri: str, edits: list[Edit], after: str) -> None:
        """A document was edited; ``after`` is its text now."""
        entry = self._documents.setdefault(uri, _Suggested())
        entry.held = moved(entry.held, edits, entry.text)
        entry.text = after
        self._plan(uri)

    def closed(self, uri: str) -> None:
        """A document was closed."""
        entry = self._documents.pop(uri, None)
        if entry is not None and entry.timer is not None:
            entry.timer.cancel()
        for key in [key for key in self._looks if key[0] == uri]:
            del self._looks[key]

    def settings_changed(self) -> None:
        """Settings are others now: suggestions are looked for again."""
        for uri, entry in self._documents.items():
            entry.seen = None
            self._plan(uri)

    def end(self) -> None:
        """The client goes away. May be called twice."""
        for entry in self._documents.values():
            if entry.timer is not None:
                entry.timer.cancel()
        self._documents.clear()
        self.process.close()
        self._suggesting.close()

    # -- what is offered -------------------------------------------------------------------------------------

    async def look(self, uri: str) -> Look | None:
        """The refactorings within the present text of a document; None where nothing is looked for.

        Who stops waiting disturbs nobody.
        """
        document = self.document(uri)
        if document is None:
            return None
        key = uri, document.source
        task = self._looks.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.get_running_loop().create_task(self._looked(document, file_of(uri)))
            self._looks[key] = task
            while len(self._looks) > _KEPT:
                self._looks.popitem(last=False)
        return replace(await asyncio.shield(task), version=document.version)

    async def offers(self, uri: str, start: int, end: int, *, wait: bool = False) -> list[Offer]:
        """What is offered at a cursor or selection that may cross functions and files.

        Args:
            wait: while the process is at work on something else; otherwise there is nothing then.
        """
        document, path = self.document(uri), file_of(uri)
        if document is None or not path or (self.process.busy and not wait):
            return []
        work = self.process.offers(self.root(Path(path)), Path(path), document.source, start, end)
        task = asyncio.get_running_loop().create_task(work)
        try:
            return await asyncio.shield(task)
        except AnalyserError as error:
            log.warning("Refactorings at one place: %s", error)
            return []

    def suggested(self, uri: str) -> list[Held]:
        """What is suggested in a document, in its present places."""
        if not self._server.settings.refactor.suggest or self.document(uri) is None:
            return []
        entry = self._documents.get(uri)
        return entry.held if entry is not None else []

    async def suggestions(self, uri: str) -> list[Held]:
        """What is suggested in the present text of a document, looked for now where it has not been."""
        await self._suggest(uri)
        return self.suggested(uri)

    def improvement(self, uri: str, key: str) -> str:
        """What a refactoring does to complexity, where it is suggested; else empty."""
        for held in self.suggested(uri):
            if held.found.key == key and isinstance(held.found, LocalOffer):
                return held.found.improvement
        return ""

    async def about(self) -> dict[str, RuleText]:
        """What is said of every refactoring within one file."""
        if not self._about:
            try:
                rules = (await self._server.metrics.process.ask({"op": "about"}))["rules"]
                self._about = {rule: RuleText.from_json(raw) for rule, raw in rules.items()}
            except AnalyserError as error:
                log.warning("The refactorings' texts could not be read: %s", error)
            self._pages = await asyncio.to_thread(
                write_pages, self._server.host.home, self._about, "refactorings", about_page
            )
        return self._about

    def page(self, rule: str) -> str:
        """The address of a refactoring's documentation; empty where it is not known."""
        return self._pages.get(rule, "")

    # -- what is known of a change ---------------------------------------------------------------------------

    def job(self, look: Look, found: LocalOffer) -> Job:
        """What to verify of a refactoring within one file."""
        after = found.applied(look.source.text)
        return self.job_of(look.source.text, after, found.function, look.path)

    def job_of(self, before: str, after: str, function: str, path: str) -> Job:
        """What to verify of two texts; nothing is timed."""
        options = self._server.perf.options(before, path)
        return Job(before, after, function, replace(options, measure=False))

    async def known(self, job: Job) -> Standing:
        """What is known of a change at once, from this session or an earlier one."""
        if job.key in self._standings:
            return self._standings[job.key]
        verdict = await self._server.perf.verdicts.recall(job) if job.function else None
        # What could not be run is to be compared by its structure yet.
        return Standing() if verdict is None or verdict.verdict == "unverifiable" else Standing(verdict)

    def standing_of(self, job: Job) -> Standing | None:
        """What this session has found out."""
        return self._standings.get(job.key)

    def remember(self, job: Job, standing: Standing) -> None:
        """Keep what was found out, for this session."""
        self._standings[job.key] = standing
        while len(self._standings) > 200:
            self._standings.popitem(last=False)

    # -- inside ----------------------------------------------------------------------------------------------

    def document(self, uri: str) -> BurnishDocument | None:
        """The open document, where refactorings are looked for in it."""
        return analysed_document(self._server, uri)

    def path(self, uri: str) -> str:
        """The file of a document; empty where it has none."""
        return file_of(uri)

    def root(self, path: Path) -> Path:
        """The folder whose files may be changed with the one at ``path``: of the workspace, else the one it lies in."""
        folders = [Path(name) for uri in self._server.workspace.folders if (name := to_fs_path(uri))]
        around = [folder for folder in folders if path.is_relative_to(folder)]
        return max(around, key=lambda folder: len(folder.parts)) if around else path.parent

    def overlay(self, root: Path) -> dict[Path, str]:
        """The documents that are open, by their files: what stands in them counts, saved or not."""
        texts = {}
        for uri, document in self._server.workspace.text_documents.items():
            path = file_of(uri)
            if path.endswith(".py") and Path(path).is_relative_to(root):
                texts[Path(path)] = document.source
        return texts

    async def _looked(self, document: BurnishDocument, path: str) -> Look:
        source, version = document.snapshot, document.version
        operation = {"op": "refactorings", "path": path, "text": source.text}
        try:
            answer = await self._server.metrics.process.ask(operation)
        except AnalyserError as error:
            log.warning("Refactorings in one document: %s", error)
            answer = {"offers": [], "broken": True}
        found = [LocalOffer.from_json(one) for one in answer["offers"]]
        held = tuple(Held(one, one.start, one.end) for one in found)
        return Look(source, version, path, held, bool(answer["broken"]))

    def _plan(self, uri: str) -> None:
        entry = self._documents[uri]
        if entry.timer is not None:
            entry.timer.cancel()
        loop = asyncio.get_running_loop()
        entry.timer = loop.call_later(_REST_S, lambda: self._server.perf.background(self._suggest(uri)))

    async def _suggest(self, uri: str) -> None:
        """Look for what to suggest in the present text; the client is told where it is something else."""
        document, entry = self.document(uri), self._documents.get(uri)
        if document is None or entry is None or not self._server.settings.refactor.suggest:
            return
        text = document.source
        if entry.seen == text:
            return
        operation = {"op": "suggestions", "path": file_of(uri), "text": text}
        try:
            answer = await self._suggesting.ask(operation)
        except AnalyserError as error:
            log.warning("Suggested refactorings in one document: %s", error)
            return
        self._server.perf.tell_problems(tuple(answer["problems"]))
        document = self.document(uri)
        if document is None or document.source != text or self._documents.get(uri) is not entry:
            return
        entry.seen = text
        if answer["broken"]:
            return
        found = [LocalOffer.from_json(one) for one in answer["offers"]]
        before = entry.held
        entry.text, entry.held = text, [Held(one, one.start, one.end) for one in found]
        if found:
            await self.about()
        if entry.held != before:
            self._server.perf.watcher.changed(uri)
