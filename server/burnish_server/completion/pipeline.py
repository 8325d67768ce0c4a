"""From a request to a result: refuse, reuse, ask the engine, clean up, judge.

The latest request wins. A request whose text extends a running one by characters the model has just written
follows that one's generation; any other request stops it. The pipeline lives in one asyncio event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from typing import Protocol

from burnish_models.engine.base import Engine, FimPrompt, GenerateRequest, Timings
from burnish_models.errors import EngineError
from burnish_server.completion.cache import AnswerCache
from burnish_server.completion.conclude import Found, conclude, with_costs
from burnish_server.completion.confidence import Judge
from burnish_server.completion.generation import Anchor, Generation
from burnish_server.completion.intent import Intent, Refusal, decide, with_selected_item
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.reasons import Reasons, sentence_for
from burnish_server.completion.window import Budget, build_window
from burnish_server.settings import CompletionSettings

__all__ = ["EngineSource", "Pipeline"]

log = logging.getLogger(__name__)

#: How long a generation whose request was withdrawn may go on while the user types along with it, in seconds.
TYPING_GRACE = 0.5
#: Beyond the engine's own deadline the pipeline waits this much longer for its last chunk, in seconds.
DEADLINE_SLACK = 0.5
DEFAULT_CONTEXT = 2048
_SILENT_RULES = frozenset({"superseded", "cancelled", "disabled", "not-python"})


class EngineSource(Protocol):
    """Where the pipeline gets its engine and calibration from."""

    @property
    def engine(self) -> Engine | None:
        """The engine, when it can be asked."""

    @property
    def unavailable(self) -> tuple[str, str]:
        """Why there is no engine: a rule, and the detail to show."""

    @property
    def judge(self) -> Judge:
        """The calibration of the model that serves."""

    def note_latency(self, milliseconds: float) -> None:
        """Take note of how long an answered request took."""


class Pipeline:
    """Completes code for one server (or one command); settings may be replaced at any time."""

    def __init__(self, source: EngineSource, settings: CompletionSettings) -> None:
        self.settings = settings
        self.reasons = Reasons()
        self._source = source
        self._cache = AnswerCache()
        self._generation: Generation | None = None
        self._warming: asyncio.Task[None] | None = None
        self._texts: dict[str, str] = {}
        self._latest = 0

    async def complete(self, request: CompletionRequest) -> CompletionResult:
        """Answer a request; never raises for what a model, an engine or a document may do.

        Cancelling the awaiting task withdraws the request: the engine stops, unless the document shows
        that the user is typing what the model writes.
        """
        started = time.monotonic()
        self._latest += 1
        ticket = self._latest
        self._texts[request.uri] = request.source.text
        effective = with_selected_item(request)
        if isinstance(effective, Refusal):
            return self._silence(request, effective.rule, started)
        intent = decide(effective, enabled=self.settings.enabled, multiline=self.settings.multiline)
        if isinstance(intent, Refusal):
            return self._silence(request, intent.rule, started)
        engine = self._source.engine
        if engine is None:
            rule, detail = self._source.unavailable
            return self._silence(request, rule, started, detail)
        try:
            found = await self._find(effective, intent, engine, ticket, started)
        except EngineError as error:
            return self._silence(request, "engine-error", started, str(error))
        if isinstance(found, str):
            return self._silence(request, found, started)
        return self._conclude(request, effective, intent, found, started)

    def document_changed(self, uri: str, text: str) -> None:
        """Tell the pipeline a document's new text: a generation it contradicts is stopped at once."""
        self._texts[uri] = text
        running = self._generation
        if running is None or running.anchor.uri != uri:
            return
        if not running.allows(running.anchor.typed_in(text)):
            self._abort()

    def document_closed(self, uri: str) -> None:
        """Forget a document and stop work on it."""
        self._texts.pop(uri, None)
        if self._generation is not None and self._generation.anchor.uri == uri:
            self._abort()

    def warm(self, request: CompletionRequest) -> None:
        """Let the engine evaluate the prompt of a position in the background; any real request stops it."""
        engine = self._source.engine
        busy = self._generation is not None and self._generation.running
        if engine is None or busy or not self.settings.enabled or request.language != "python":
            return
        self._stop_warming()
        generate = GenerateRequest(self._prompt(request, engine), generate=False)
        self._warming = asyncio.create_task(_drain(engine, generate), name="burnish-warm-up")

    def reset(self) -> None:
        """Forget answers and stop work: another model or adapter serves from now on."""
        self._cache.clear()
        self._abort()
        self._stop_warming()

    async def _find(
        self, request: CompletionRequest, intent: Intent, engine: Engine, ticket: int, started: float
    ) -> Found | str:
        """The answer for a request, or the rule that says why there is none."""
        text = request.source.text
        anchor = Anchor(request.uri, text[: request.offset], text[request.offset :])
        if not request.fresh:
            cached = self._cache.find(anchor, multiline=intent.multiline)
            if cached is not None:
                return Found(*cached, reused=True)
            followed = await self._follow(request, anchor, intent, started)
            if followed is not None:
                return followed
        if ticket != self._latest:
            return "superseded"
        self._abort()
        if not request.invoked and self.settings.debounce_ms:
            await asyncio.sleep(self.settings.debounce_ms / 1000)
            if ticket != self._latest:
                return "superseded"
        if self._source.engine is not engine:
            return self._source.unavailable[0]
        self._start(request, anchor, intent, engine, started)
        return await self._follow(request, anchor, intent, started, own=True) or (
            "deadline" if _since(started) >= self._patience(request) else "superseded"
        )

    def _start(
        self, request: CompletionRequest, anchor: Anchor, intent: Intent, engine: Engine, started: float
    ) -> None:
        self._stop_warming()
        left = self._patience(request) - _since(started)
        generate = GenerateRequest(
            self._prompt(request, engine),
            stop=intent.stop,
            max_tokens=intent.max_tokens,
            deadline_ms=max(left, 20.0),
            # Without a workspace what repeats within the prompt still counts.
            memory=request.memory or request.uri,
            document=request.path,
        )
        self._generation = Generation(engine, anchor, intent, generate)

    async def _follow(
        self,
        request: CompletionRequest,
        anchor: Anchor,
        intent: Intent,
        started: float,
        *,
        own: bool = False,
    ) -> Found | None:
        """Wait for the running generation if it may answer at ``anchor``."""
        running = self._generation
        if running is None or (running.failed and not own):
            return None
        if intent.multiline and not running.intent.multiline:
            return None
        typed = running.anchor.typed_since(anchor)
        if typed is None or not running.allows(typed):
            return None
        limit = (self._patience(request) - _since(started)) / 1000 + DEADLINE_SLACK
        try:
            answer = await asyncio.wait_for(running.answer(typed), max(limit, 0.02))
        except TimeoutError:
            running.abort()
            return None
        except asyncio.CancelledError:
            self._withdrawn(running)
            raise
        if answer is None:
            return None
        self._cache.add(answer)
        left = answer.remainder(typed) if typed else answer.pieces
        return None if left is None else Found(answer, left, reused=not own)

    def _patience(self, request: CompletionRequest) -> float:
        """Milliseconds this request may take."""
        return request.max_latency_ms or self.settings.max_latency_ms

    def _withdrawn(self, running: Generation) -> None:
        """A follower was cancelled: stop at once, or a little later if the user is typing the very answer."""
        if running.followers or not running.running:
            return
        anchor = running.anchor
        typed = anchor.typed_in(self._texts.get(anchor.uri, anchor.before + anchor.after))
        if typed and running.allows(typed):
            asyncio.get_running_loop().call_later(TYPING_GRACE, _abort_unfollowed, running)
        else:
            running.abort()

    def _conclude(
        self,
        request: CompletionRequest,
        effective: CompletionRequest,
        intent: Intent,
        found: Found,
        started: float,
    ) -> CompletionResult:
        """Judge and clean up an answer, and keep the reason where nothing of it may be shown."""
        end = conclude(effective, intent, found, self._source.judge, self.settings.min_confidence)
        if end.rule is not None:
            result = self._silence(request, end.rule, started, end.detail)
        else:
            result = CompletionResult(text=end.text, start=end.start, end=end.end)
            self._source.note_latency(_since(started))
        result = replace(result, confidence=end.confidence, candidate=end.candidate)
        return with_costs(result, found, _since(started))

    def _silence(
        self, request: CompletionRequest, rule: str, started: float, detail: str = ""
    ) -> CompletionResult:
        sentence = sentence_for(rule, detail)
        if rule not in _SILENT_RULES:
            line, character = request.source.position_at(request.offset)
            self.reasons.add(request.uri, line, character, rule, sentence)
            log.debug("No suggestion at %s:%d:%d: %s", request.uri, line + 1, character + 1, rule)
        engine = self._source.engine
        info = engine.describe() if engine is not None else None
        return CompletionResult(
            text="",
            start=request.offset,
            end=request.offset,
            timings=Timings(total_ms=_since(started)),
            model=info.model if info else "",
            adapter=info.adapter if info else None,
            dropped=rule,
            reason=sentence,
        )

    def _prompt(self, request: CompletionRequest, engine: Engine) -> FimPrompt:
        budget = Budget.of_context(engine.describe().context_tokens or DEFAULT_CONTEXT)
        return build_window(request.source, request.offset, budget, request.path).prompt

    def _abort(self) -> None:
        if self._generation is not None:
            self._generation.abort()
            self._generation = None

    def _stop_warming(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
            self._warming = None


def _since(started: float) -> float:
    """Milliseconds since a reading of the monotonic clock."""
    return (time.monotonic() - started) * 1000


def _abort_unfollowed(generation: Generation) -> None:
    if not generation.followers:
        generation.abort()


async def _drain(engine: Engine, request: GenerateRequest) -> None:
    """Run a warm-up to its end; a failure is the engine's to report, a cancellation stops its work."""
    stream = engine.generate(request)
    try:
        with contextlib.suppress(EngineError):
            async for _ in stream:
                pass
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
