"""Context for the completion pipeline: how much of the prompt it may take, and what it says now."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from burnish_analysis.graph.extract import read_imports
from burnish_analysis.syntax import SyntaxTree
from burnish_models.engine.base import FimPrompt
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.window import Budget, Window, build_window
from burnish_server.context.block import LEAST_SCORE, Shown, candidates_at
from burnish_server.context.feed import GraphFeed, Located
from burnish_server.context.gather import Candidate
from burnish_server.context.recent import RecentWork
from burnish_server.context.select import CHARACTERS_PER_TOKEN, tokens_of
from burnish_server.context.session import Room, Session
from burnish_server.context.texts import FileTexts
from burnish_server.excluded import file_of

__all__ = ["SHARE", "ContextSource"]

log = logging.getLogger(__name__)

#: The share of the prompt that context may take, and the seconds that evaluating it may take.
SHARE, CONTEXT_SECONDS = 0.25, 1.0
#: In an idle moment the context grows only where the whole prompt is evaluated anew in so many seconds.
IDLE_SECONDS = 0.5
#: Less than this many tokens say too little to be worth a changed prompt.
_LEAST_TOKENS = 96
#: Contexts are kept for this many documents, and not made for larger files (characters).
_MOST_SESSIONS, _LARGEST = 24, 300_000


class ContextSource:
    """Keeps a context for every document worked on. Lives in one asyncio event loop; nothing blocks.

    Args:
        feed: the code graphs.
    """

    def __init__(self, feed: GraphFeed) -> None:
        self.feed = feed
        #: The files whose text no prompt shows.
        self.excluded = feed.excluded
        self._version = self.excluded.version
        self.recent = RecentWork()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._texts = FileTexts()

    def prompt(self, request: CompletionRequest, tokens: int, rate: float = 0.0, *, idle: bool) -> FimPrompt:
        """The prompt for a cursor, with what other files say before it where there is something to say.

        The window of the file gives up what the context takes, no more.

        Args:
            request: where the cursor is.
            tokens: the most that the prompt and its answer may take.
            rate: tokens that the engine evaluates in a second; 0.0 while that is unknown.
            idle: whether nobody waits for this prompt.
        """
        located = self.feed.locate(request.path)
        most = int(tokens * SHARE)
        if located is None or most < _LEAST_TOKENS or len(request.source.text) > _LARGEST:
            return _window(request, tokens).prompt
        root, graph, name = located
        if self._version != self.excluded.version:
            # They may show what is excluded now.
            self._sessions.clear()
            self._version = self.excluded.version
        session = self._session(request.uri)
        window = _window(request, tokens - tokens_of(session.files))
        patient = idle and (not rate or tokens <= rate * IDLE_SECONDS)
        moment = session.moment(window.prompt, idle=patient)
        if moment.free and session.come_back(
            lambda files: _window(request, tokens - tokens_of(files)).prompt
        ):
            window = _window(request, tokens - tokens_of(session.files))
            moment = session.moment(window.prompt, idle=patient)
        before = session.files
        began = time.perf_counter()
        session.update(
            graph,
            moment,
            Room(_characters(most), _characters(min(most, int((rate or most) * CONTEXT_SECONDS)))),
            lambda: self._candidates(request, window, located),
            lambda path, first, last: self._texts.lines(root / path, first, last, self.recent, patient=idle),
        )
        if session.files is not before:
            spent = (time.perf_counter() - began) * 1000
            shown = ", ".join(file.path for file in session.files)
            log.debug("Context of %s, made in %.1f ms: %s", name, spent, shown)
            window = _window(request, tokens - tokens_of(session.files))
        session.served(window.prompt)
        if not session.files:
            return window.prompt
        return replace(window.prompt, path=name, repository=root.name, context=session.files)

    def importer(self, path: str) -> Callable[[str], str | None] | None:
        """How the workspace of a file, by its absolute path, imports names."""
        return self.feed.importer(path)

    def opened(self, uri: str, text: str) -> None:
        """A document was opened."""
        self.feed.changed(uri, text)
        if path := file_of(uri):
            self.recent.opened(path, text)

    def changed(self, uri: str, text: str, line: int) -> None:
        """A document was edited at a 0-based line and has this text now."""
        self.feed.changed(uri, text)
        if path := file_of(uri):
            self.recent.edited(path, text, line)

    def changed_on_disk(self, uri: str) -> None:
        """A file that is not open changed, came or went."""
        self.feed.changed_on_disk(uri)

    def closed(self, uri: str) -> None:
        """A document was closed: what the disk holds counts again."""
        self._sessions.pop(uri, None)
        self.feed.changed_on_disk(uri)
        if path := file_of(uri):
            self.recent.closed(path)

    def _session(self, uri: str) -> Session:
        session = self._sessions.pop(uri, None) or Session()
        self._sessions[uri] = session
        while len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def _candidates(self, request: CompletionRequest, window: Window, located: Located) -> list[Candidate]:
        root, graph, name = located
        text = request.source.text
        tree = SyntaxTree(text) if request.tree is None else request.tree.update(text)
        shown = Shown(name, text, window.start, window.end)
        found = candidates_at(graph, shown, request.offset, read_imports(tree))
        extra = self.recent.candidates(
            str(root), str(Path(request.path)), graph, excluded=self.excluded.excludes
        )
        best: dict[tuple[str, str], Candidate] = {candidate.key: candidate for candidate in extra}
        best |= {candidate.key: candidate for candidate in found}
        ordered = sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.key))
        worth = [candidate for candidate in ordered if candidate.score >= LEAST_SCORE]
        # The graph learns of a changed setting a moment later.
        hidden = {path for path in {found.path for found in worth} if self.excluded.excludes(root / path)}
        return [candidate for candidate in worth if candidate.path not in hidden]


def _window(request: CompletionRequest, tokens: int) -> Window:
    return build_window(request.source, request.offset, Budget.of_context(tokens), request.path)


def _characters(tokens: int) -> int:
    return int(tokens * CHARACTERS_PER_TOKEN)
