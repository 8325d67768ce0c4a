"""Other answers for whoever asks by a gesture: drawn at random from the model, and filtered like any other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from burnish_models.engine.base import Engine
from burnish_models.errors import EngineError
from burnish_server.completion.conclude import Found, conclude, shown, with_costs
from burnish_server.completion.confidence import Judge
from burnish_server.completion.generation import Anchor
from burnish_server.completion.intent import Refusal, decide, with_selected_item
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.questions import Questions
from burnish_server.completion.scheduler import Scheduler
from burnish_server.settings import CompletionSettings

__all__ = ["Alternatives"]

#: Other answers at most, draws made for them, and their temperature.
MOST, DRAWS, TEMPERATURE = 2, 6, 0.8


class _Source(Protocol):
    """Where the engine and its calibration come from."""

    @property
    def engine(self) -> Engine | None: ...

    @property
    def judge(self) -> Judge: ...


class Alternatives:
    """Draws other answers.

    Args:
        scheduler: runs the draws, one after the other.
        questions: makes the engine's requests.
        source: the engine and its calibration.
    """

    def __init__(self, scheduler: Scheduler, questions: Questions, source: _Source) -> None:
        self._scheduler = scheduler
        self._questions = questions
        self._source = source

    async def draw(
        self,
        request: CompletionRequest,
        first: CompletionResult,
        settings: CompletionSettings,
        wanted: Callable[[], bool],
    ) -> list[CompletionResult]:
        """Up to :data:`MOST` other answers than ``first``, the likelier ones first; they need not be sure.

        ``wanted`` is asked before every draw, and a text that contradicts a draw ends it.
        """
        effective, engine, started = with_selected_item(request), self._source.engine, time.monotonic()
        if isinstance(effective, Refusal) or engine is None:
            return []
        intent = decide(effective, enabled=settings.enabled, multiline=settings.multiline)
        if isinstance(intent, Refusal):
            return []
        found = {first.text: first}
        anchor = Anchor(request.uri, *effective.source.split_at(effective.offset))
        for seed in range(1, DRAWS + 1):
            spent = (time.monotonic() - started) * 1000
            left = (request.max_latency_ms or settings.max_latency_ms) - spent
            if not wanted() or left <= 0 or len(found) > MOST:
                break
            question = self._questions.writing(effective, intent, engine, left, self._scheduler.asked)
            question = replace(question, temperature=TEMPERATURE, seed=seed, speculate=False)
            try:
                answer = await self._scheduler.ask(engine, anchor, intent, question)
            except EngineError:
                break
            if answer is None:
                break
            drawn = Found(answer, answer.pieces, reused=False)
            importer = self._questions.importer(request)
            end = conclude(effective, intent, drawn, self._source.judge, 0.0, importer)
            if end.rule is None:
                found.setdefault(end.text, with_costs(shown(end), drawn, spent, 0.0))
        del found[first.text]
        return sorted(found.values(), key=lambda result: -(result.confidence or 0.0))
