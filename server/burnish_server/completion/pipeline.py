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

from burnish_models.engine.base import Engine, Timings
from burnish_models.errors import EngineError
from burnish_server.completion.adaptation import Adaptation, served_name
from burnish_server.completion.ahead import LookAhead
from burnish_server.completion.alternatives import Alternatives
from burnish_server.completion.conclude import Found, conclude, first_line, shown, with_costs
from burnish_server.completion.confidence import Judge, block_is_decided, judge_line
from burnish_server.completion.generation import Anchor, Enough
from burnish_server.completion.intent import MAX_FILE_CHARACTERS, Intent, Refusal, decide, with_selected_item
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.questions import Questions
from burnish_server.completion.reasons import Reasons, sentence_for
from burnish_server.completion.scheduler import Scheduler
from burnish_server.context.source import ContextSource
from burnish_server.excluded import ExcludedFiles, file_of
from burnish_server.settings import CompletionSettings

__all__ = ["EngineSource", "Pipeline"]

log = logging.getLogger(__name__)

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
        adaptation: corrects the model's confidence by what the user writes; without it nothing is learned.
    """

    def __init__(
        self,
        source: EngineSource,
        settings: CompletionSettings,
        *,
        spare: Callable[[str], bool] = lambda setting: setting == "always",
        context: ContextSource | None = None,
        adaptation: Adaptation | None = None,
    ) -> None:
        self.settings = settings
        self.reasons = Reasons()
        self.scheduler = Scheduler()
        self.context = context
        #: The files that the user wants no suggestions in, nor their text in anybody's prompt.
        self.excluded = ExcludedFiles() if context is None else context.excluded
        self.adaptation = adaptation
        self._questions = Questions(context)
        self._others = Alternatives(self.scheduler, self._questions, source)
        self._ahead = LookAhead(self.scheduler, self._questions, lambda: source.engine, self._enough)
        self._source = source
        self._spare = spare
        self._latest = 0
        self._swaps = 0

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
        pattern = self._excluded_by(request)
        if self.settings.enabled and pattern is not None:
            return self._silence(request, "excluded", started, f"It matches {pattern!r}.")
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

    async def alternatives(
        self, request: CompletionRequest, first: CompletionResult
    ) -> list[CompletionResult]:
        """Other answers than ``first``, the likelier ones first; any other request ends the search."""
        at = self._latest, self._swaps
        return await self._others.draw(
            request, first, self.settings, lambda: at == (self._latest, self._swaps)
        )

    def document_changed(self, uri: str, text: str) -> None:
        """Tell the pipeline a document's new text: a generation it contradicts is stopped at once."""
        self.scheduler.rhythm.key(time.monotonic())
        self.scheduler.document_changed(uri, text)
        if self.adaptation is not None:
            self.adaptation.document_changed(uri, text)

    def document_closed(self, uri: str) -> None:
        """Forget a document and stop work on it."""
        self.scheduler.document_closed(uri)
        if self.adaptation is not None:
            self.adaptation.document_closed(uri)

    def warm(self, request: CompletionRequest) -> None:
        """Let the engine evaluate the prompt of a position in the background; any real request stops it."""
        engine = self._source.engine
        if engine is None or self.scheduler.busy or not self._spare(self.settings.work_ahead):
            return
        if not self.settings.enabled or request.language != "python":
            return
        if self._excluded_by(request) is not None:
            return
        if len(request.source.text) <= MAX_FILE_CHARACTERS:
            reading = self._questions.reading(request, engine, self.scheduler.evaluated)
            if reading is not None:
                self.scheduler.warm(engine, reading)

    def reset(self) -> None:
        """Forget answers and stop work: another model serves from now on."""
        self.scheduler.stop()

    def swapped(self) -> None:
        """Another adapter serves the next request: nothing of the one before is used any more."""
        self._swaps += 1
        self.scheduler.swapped()

    async def _find(
        self, request: CompletionRequest, intent: Intent, engine: Engine, ticket: int, started: float
    ) -> Found | str:
        """The answer for a request, or the rule that says why there is none."""
        scheduler = self.scheduler
        anchor = Anchor(request.uri, *request.source.split_at(request.offset))
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
        question = self._questions.writing(request, intent, engine, deadline, scheduler.asked)
        scheduler.start(engine, anchor, intent, question, enough=self._enough(request, intent, engine))
        return await scheduler.follow(anchor, intent, self._limit(request, started), own=True) or (
            "deadline" if _since(started) >= self._patience(request) else "superseded"
        )

    def _excluded_by(self, request: CompletionRequest) -> str | None:
        """The pattern by which the user excluded the request's file; None where there is none."""
        return self.excluded.pattern(request.path) or self.excluded.pattern(file_of(request.uri))

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

    def _gate(
        self, request: CompletionRequest, model: str, adapter: str | None
    ) -> tuple[Judge, float | None]:
        """Who judges an answer of ``model`` with ``adapter``, and the threshold where it is not the judge's own."""
        judge = self._source.judge
        if self.adaptation is not None and self.settings.adapt_confidence:
            judge = self.adaptation.judge(judge, served_name(model, adapter), fallback=model)
        return judge, self.settings.min_confidence if request.gate else 0.0

    def _enough(self, request: CompletionRequest, intent: Intent, engine: Engine) -> Enough | None:
        """When the rest of a block is not worth writing; None for a line."""
        if not intent.multiline:
            return None
        info = engine.describe()
        judge, threshold = self._gate(request, info.model, info.adapter)
        return lambda pieces: block_is_decided(pieces, judge, threshold)

    def _conclude(
        self,
        request: CompletionRequest,
        effective: CompletionRequest,
        intent: Intent,
        found: Found,
        started: float,
    ) -> CompletionResult:
        """Judge and clean up an answer, and keep the reason where nothing of it may be shown."""
        model, adapter = found.answer.model, found.answer.adapter
        if self.adaptation is not None and self.settings.adapt_confidence and request.selected is None:
            line = judge_line(first_line(found.left), self._source.judge, None)
            if found.answer.complete and not intent.multiline:
                name = served_name(model, adapter)
                self.adaptation.predicted(request, line.text, line.confidence, name)
        judge, threshold = self._gate(request, model, adapter)
        end = conclude(effective, intent, found, judge, threshold, self._questions.importer(request))
        if end.rule is not None:
            result = self._silence(request, end.rule, started, end.detail)
            result = replace(result, confidence=end.confidence, candidate=end.candidate)
        else:
            result = shown(end)
            self.scheduler.counters.shown += 1
            self._source.note_latency(_since(started))
        needed = judge.threshold if threshold is None else threshold
        result = with_costs(result, found, _since(started), needed)
        if self._spare(self.settings.work_ahead):
            self._ahead.after(request, result, self.settings)
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


def _since(started: float) -> float:
    """Milliseconds since a reading of the monotonic clock."""
    return (time.monotonic() - started) * 1000
