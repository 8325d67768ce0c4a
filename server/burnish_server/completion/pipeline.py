"""From a request to a result: refuse, reuse, ask the engine, clean up, judge.

What the engine works on is the scheduler's to decide. The pipeline lives in one asyncio event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from burnish_models.engine.base import Engine, FimPrompt, GenerateRequest, StopRules, Timings
from burnish_models.errors import EngineError
from burnish_server.completion.budget import PromptSizer
from burnish_server.completion.conclude import Found, conclude, with_costs
from burnish_server.completion.confidence import Judge
from burnish_server.completion.generation import Anchor
from burnish_server.completion.intent import MAX_FILE_CHARACTERS, Intent, Refusal, decide, with_selected_item
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.reasons import Reasons, sentence_for
from burnish_server.completion.scheduler import Scheduler
from burnish_server.completion.window import build_window
from burnish_server.context.source import ContextSource
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings

__all__ = ["EngineSource", "Pipeline"]

log = logging.getLogger(__name__)

#: Seconds without a request or a change after which the answer to come is asked for.
LOOK_AHEAD_DELAY = 0.03
#: What is done ahead may take this long, in milliseconds, and so many tokens.
AHEAD_DEADLINE_MS = 5_000.0
AHEAD_TOKENS = 96
#: Beyond the engine's own deadline the pipeline waits this much longer for its last chunk, in seconds.
DEADLINE_SLACK = 0.5
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
    """Completes code for one server (or one command); settings may be replaced at any time.

    Args:
        source: the engine and its calibration.
        settings: the user's settings.
        spare: whether there is power to spare for work that nobody has asked for yet, given the user's ``work_ahead``.
        context: what other files say; without it the prompt shows the file alone.
    """

    def __init__(
        self,
        source: EngineSource,
        settings: CompletionSettings,
        *,
        spare: Callable[[str], bool] = lambda setting: setting == "always",
        context: ContextSource | None = None,
    ) -> None:
        self.settings = settings
        self.reasons = Reasons()
        self.scheduler = Scheduler()
        self.context = context
        self._sizer = PromptSizer()
        self._source = source
        self._spare = spare
        self._latest = 0

    async def complete(self, request: CompletionRequest) -> CompletionResult:
        """Answer a request; never raises for what a model, an engine or a document may do.

        Cancelling the awaiting task withdraws the request: the engine stops, unless the document shows
        that the user is typing what the model writes.
        """
        started = time.monotonic()
        self._latest += 1
        ticket = self._latest
        self.scheduler.requested()
        self.scheduler.note_text(request.uri, request.source.text)
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
        self.scheduler.rhythm.key(time.monotonic())
        self.scheduler.document_changed(uri, text)

    def document_closed(self, uri: str) -> None:
        """Forget a document and stop work on it."""
        self.scheduler.document_closed(uri)

    def warm(self, request: CompletionRequest) -> None:
        """Let the engine evaluate the prompt of a position in the background; any real request stops it."""
        engine = self._source.engine
        if engine is None or self.scheduler.busy or not self._spare(self.settings.work_ahead):
            return
        if not self.settings.enabled or request.language != "python":
            return
        if len(request.source.text) <= MAX_FILE_CHARACTERS:
            prompt = self._prompt(request, engine, idle=True)
            self.scheduler.warm(engine, GenerateRequest(prompt, generate=False))

    def reset(self) -> None:
        """Forget answers and stop work: another model or adapter serves from now on."""
        self.scheduler.stop()

    async def _find(
        self, request: CompletionRequest, intent: Intent, engine: Engine, ticket: int, started: float
    ) -> Found | str:
        """The answer for a request, or the rule that says why there is none."""
        text, scheduler = request.source.text, self.scheduler
        anchor = Anchor(request.uri, text[: request.offset], text[request.offset :])
        if not request.fresh:
            cached = scheduler.cache.find(anchor, multiline=intent.multiline)
            if cached is not None:
                scheduler.counters.from_cache += 1
                return Found(*cached, reused=True)
            followed = await scheduler.follow(anchor, intent, self._limit(request, started))
            if followed is not None:
                scheduler.counters.followed += 1
                return followed
        if ticket != self._latest:
            return "superseded"
        scheduler.abort()
        delay = self._debounce_ms(request)
        if delay:
            await asyncio.sleep(delay / 1000)
            if ticket != self._latest:
                return "superseded"
        if self._source.engine is not engine:
            return self._source.unavailable[0]
        deadline = max(self._patience(request) - _since(started), 20.0)
        scheduler.start(engine, anchor, intent, self._question(request, intent, engine, deadline))
        return await scheduler.follow(anchor, intent, self._limit(request, started), own=True) or (
            "deadline" if _since(started) >= self._patience(request) else "superseded"
        )

    def _question(
        self, request: CompletionRequest, intent: Intent, engine: Engine, deadline_ms: float
    ) -> GenerateRequest:
        """What to ask the engine."""
        return GenerateRequest(
            self._prompt(request, engine),
            stop=intent.stop,
            max_tokens=intent.max_tokens,
            deadline_ms=deadline_ms,
            # Without a workspace what repeats within the prompt still counts.
            memory=request.memory or request.uri,
            document=request.path,
        )

    def _debounce_ms(self, request: CompletionRequest) -> float:
        """Milliseconds to wait before the engine is asked; none at the start of a line."""
        line_start, _ = request.source.line_span(request.source.line_of(request.offset))
        if request.invoked or not request.source.text[line_start : request.offset].strip():
            return 0.0
        fixed = self.settings.debounce_ms
        return (
            self.scheduler.rhythm.delay_ms(saving=not self._spare(self.settings.work_ahead))
            if fixed is None
            else fixed
        )

    def _patience(self, request: CompletionRequest) -> float:
        """Milliseconds this request may take."""
        return request.max_latency_ms or self.settings.max_latency_ms

    def _limit(self, request: CompletionRequest, started: float) -> float:
        """Seconds that may still be waited for the engine's last chunk."""
        return (self._patience(request) - _since(started)) / 1000 + DEADLINE_SLACK

    def _look_ahead(self, request: CompletionRequest, result: CompletionResult) -> None:
        """Plan to ask for what follows ``result``, accepted; where the line was complete, for the next one."""
        if not self._spare(self.settings.work_ahead) or request.selected is not None:
            return
        if result.dropped is None:
            after = _accepted(request, result)
        elif (
            result.dropped == "empty" and not request.source.text[request.offset :].split("\n", 1)[0].strip()
        ):
            after = request
        else:
            return
        self.scheduler.plan(LOOK_AHEAD_DELAY, lambda: self._prefetch(after))

    def _prefetch(self, request: CompletionRequest) -> None:
        engine = self._source.engine
        intent = decide(request, enabled=self.settings.enabled, multiline=self.settings.multiline)
        if engine is None or isinstance(intent, Refusal):
            return
        if not intent.multiline:
            # The rest of the line, if any, and the line below.
            intent = replace(intent, stop=StopRules(single_line=False, max_lines=2), max_tokens=AHEAD_TOKENS)
        text = request.source.text
        anchor = Anchor(request.uri, text[: request.offset], text[request.offset :])
        if self.scheduler.cache.find(anchor, multiline=intent.multiline) is None:
            question = self._question(request, intent, engine, AHEAD_DEADLINE_MS)
            self.scheduler.start(engine, anchor, intent, question, ahead=True)

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
            result = CompletionResult(text=end.text, start=end.start, end=end.end, imports=end.imports)
            self.scheduler.counters.shown += 1
            self._source.note_latency(_since(started))
        result = replace(result, confidence=end.confidence, candidate=end.candidate)
        result = with_costs(result, found, _since(started))
        self._look_ahead(request, result)
        return result

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

    def _prompt(self, request: CompletionRequest, engine: Engine, *, idle: bool = False) -> FimPrompt:
        info = engine.describe()
        if self.context is not None:
            return self.context.prompt(request, self._sizer.tokens(info), info.prefill_rate, idle=idle)
        return build_window(request.source, request.offset, self._sizer.budget(info), request.path).prompt


def _since(started: float) -> float:
    """Milliseconds since a reading of the monotonic clock."""
    return (time.monotonic() - started) * 1000


def _accepted(request: CompletionRequest, result: CompletionResult) -> CompletionRequest:
    """The request that follows when ``result`` is accepted."""
    text = request.source.text
    source = SourceText(text[: result.start] + result.text + text[result.end :])
    return replace(request, source=source, offset=result.start + len(result.text), invoked=False)
