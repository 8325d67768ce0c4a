"""The performance findings of one client's documents: what is found, what is known of it, and since when."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.uris import to_fs_path

from burnish_analysis.verify.model import Verdict, VerifyOptions
from burnish_models.engine.base import Engine
from burnish_server.analysed import Analysed, analysed_document
from burnish_server.excluded import file_of
from burnish_server.learning.ranges import Edit
from burnish_server.perf.held import Held, moved
from burnish_server.perf.look import Look
from burnish_server.perf.model import Analysis, Found, RuleText
from burnish_server.perf.pages import write_pages
from burnish_server.perf.process import AnalyserError, AnalyserProcess
from burnish_server.perf.profiles import Profile
from burnish_server.perf.ranking import profile_share, ranked
from burnish_server.perf.roots import import_root, needed_roots
from burnish_server.perf.verdicts import Job, Verdicts, Verify
from burnish_server.perf.watcher import Nobody, Watcher
from burnish_server.rewrite.inputs import proposer

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer
    from burnish_server.workspace import BurnishDocument

__all__ = ["PerfService"]

log = logging.getLogger("burnish_server")

#: Seconds to wait before a text is looked at that was just opened: files are opened many at a time, and looked through.
_OPENED_S = 0.25


@dataclass(slots=True)
class _Document(Analysed):
    held: list[Held] = field(default_factory=list)
    broken: bool = False
    #: Keys of findings that verification has refuted.
    refuted: set[str] = field(default_factory=set)


class PerfService:
    """One client's. Lives in one event loop; looking at texts and verifying happen in processes of their own.

    Args:
        server: whose documents they are.
        verify: does the verifying; replaced by tests.
    """

    def __init__(self, server: BurnishServer, verify: Verify | None = None) -> None:
        self._server = server
        self.process = AnalyserProcess()
        self.verdicts = Verdicts(server.host.home, verify)
        self.verdicts.propose = proposer(self._model)
        self.profile: Profile | None = None
        #: Whether the client can show what a fix changes.
        self.previews = False
        self._documents: dict[str, _Document] = {}
        self._rules: dict[str, RuleText] = {}
        self._pages: dict[str, str] = {}
        self._told: set[str] = set()
        self._generation = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.watcher: Watcher = Nobody()

    def _model(self) -> Engine | None:
        """What may be asked for inputs; it is not loaded for that."""
        return self._server.host.engine if self._server.settings.perf.model_inputs else None

    # -- what happens in the editor --------------------------------------------------------------------------

    def opened(self, uri: str) -> None:
        """A document was opened."""
        self._documents[uri] = _Document(changed_at=time.monotonic(), wait=_OPENED_S)
        self.watcher.edited(uri)

    def changed(self, uri: str, edits: list[Edit], after: str) -> None:
        """A document was edited; ``after`` is its text now."""
        document = self._documents.get(uri)
        if document is None:
            return
        document.edited()
        document.held = moved(document.held, edits, document.text)
        document.text = after
        self.watcher.edited(uri)

    def closed(self, uri: str) -> None:
        """A document was closed."""
        document = self._documents.pop(uri, None)
        if document is not None:
            document.end()
        self.watcher.closed(uri)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def settings_changed(self) -> None:
        """The client's settings, or the project's, are others now: every open document is looked at again."""
        self._generation += 1
        self.watcher.changed(None)

    def end(self) -> None:
        """The client goes away. May be called twice."""
        for document in self._documents.values():
            document.end()
        self._documents.clear()
        self.verdicts.end()
        self.process.close()

    # -- what is found ---------------------------------------------------------------------------------------

    async def look(self, uri: str) -> Look | None:
        """What is found in the present text of a document; None where nothing is looked for."""
        while (document := self._wanted(uri)) is not None:
            entry = self._documents.setdefault(uri, _Document())
            if entry.known(document.source, self._generation):
                return self._look(uri, document, entry)
            await entry.looked_at(partial(self._analyse, uri, entry))
        return None

    def last(self, uri: str) -> Look | None:
        """What is known of a document at once, without waiting: findings of an earlier text keep their places."""
        document = self._wanted(uri)
        entry = self._documents.get(uri)
        return None if document is None or entry is None else self._look(uri, document, entry)

    def look_soon(self, uri: str) -> None:
        """Look at a document without anybody waiting for it; the watcher is told."""
        entry = self._documents.get(uri)
        if entry is not None and self._wanted(uri) is not None:
            entry.started(partial(self._analyse, uri, entry))

    def open_documents(self) -> list[str]:
        """The URIs of the open documents."""
        return list(self._documents)

    async def rules(self) -> dict[str, RuleText]:
        """What is said of the rules."""
        if not self._rules:
            try:
                self._rules = await self.process.rules()
            except AnalyserError as error:
                log.warning("The rules' texts could not be read: %s", error)
            self._pages = await asyncio.to_thread(write_pages, self._server.host.home, self._rules)
        return self._rules

    def page(self, rule: str) -> str:
        """The address of a rule's documentation; empty where it is not known."""
        return self._pages.get(rule, "")

    def rank(self, look: Look) -> list[Found]:
        """The findings of a text, the most promising first."""
        return ranked(look.found, look.path, self.profile)

    def share(self, found: Found, path: str) -> float | None:
        """The share of the user's profile that is spent around a finding."""
        return profile_share(found, path, self.profile)

    # -- what is known of a fix ------------------------------------------------------------------------------

    def job(self, look: Look, found: Found) -> Job:
        """What to verify of a finding's fix."""
        options = self.options(look.source.text, look.path)
        return Job(look.source.text, found.applied(look.source.text), found.function, options)

    def options(self, text: str, path: str) -> VerifyOptions:
        """From where a text imports, for its verification."""
        folders = [Path(name) for folder in self._server.workspace.folders if (name := to_fs_path(folder))]
        roots, module = import_root(Path(path), folders) if path else ((), "")
        return VerifyOptions(path=needed_roots(text, roots), module=module)

    def learned(self, uri: str, found: Found, verdict: Verdict) -> None:
        """A verdict has come: what it refutes is told no more."""
        entry = self._documents.get(uri)
        if entry is not None and verdict.verdict == "different" and found.key not in entry.refuted:
            entry.refuted.add(found.key)
            self.watcher.changed(uri)

    def refuted(self, uri: str, found: Found) -> bool:
        """Whether verification has shown that a fix changes what the code does."""
        entry = self._documents.get(uri)
        return entry is not None and found.key in entry.refuted

    async def use_profile(self, path: Path | None) -> Profile | None:
        """Rank by a profile from now on, or by the rules' gains alone again.

        Raises:
            AnalyserError: the file is no profile.
        """
        self.profile = None if path is None else await self.process.profile(path)
        self.watcher.changed(None)
        return self.profile

    # -- inside ----------------------------------------------------------------------------------------------

    def _wanted(self, uri: str) -> BurnishDocument | None:
        """The open document, where findings are looked for in it."""
        return analysed_document(self._server, uri) if self._server.settings.perf.enabled else None

    def _look(self, uri: str, document: BurnishDocument, entry: _Document) -> Look:
        held = entry.held if entry.text == document.source else []
        broken = entry.broken or not entry.known(document.source, self._generation)
        return Look(document.snapshot, document.version, file_of(uri), tuple(held), broken)

    async def _analyse(self, uri: str, entry: _Document) -> bool:
        """Look at the present text; false where it has changed meanwhile."""
        document = self._wanted(uri)
        if document is None:
            return True
        text, generation, path = document.source, self._generation, file_of(uri)
        try:
            await self.rules()
            analysis = await self.process.find(path, text)
        except AnalyserError as error:
            log.warning("Performance findings in one document: %s", error)
            # This very text is not tried again: it may be what the process died of.
            analysis = Analysis()
        self.tell_problems(analysis.problems)
        document = self._wanted(uri)
        if document is None or document.source != text or generation != self._generation:
            return document is None
        entry.seen, entry.generation, entry.broken = text, generation, analysis.broken
        if not analysis.broken:
            entry.text = text
            entry.held = [Held(found, found.start, found.end) for found in analysis.findings]
        elif entry.text != text:
            entry.text, entry.held = text, []
        self.watcher.looked(uri)
        return True

    def tell_problems(self, problems: tuple[str, ...]) -> None:
        """Tell the user what is wrong in the project's settings, each once."""
        for problem in problems:
            if problem not in self._told:
                self._told.add(problem)
                log.warning("%s", problem)
                message = types.ShowMessageParams(types.MessageType.Warning, f"Burnish: {problem}")
                self._server.window_show_message(message)
