"""Work for the moment after: what follows an accepted suggestion, and the line below a complete one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from burnish_models.engine.base import Engine, StopRules
from burnish_server.completion.generation import Anchor, Enough
from burnish_server.completion.intent import Intent, Refusal, decide
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.questions import Questions
from burnish_server.completion.scheduler import Scheduler
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings

__all__ = ["LookAhead"]

#: Seconds without a request or a change after which the answer to come is asked for.
DELAY = 0.03
#: What is done ahead may take this long, in milliseconds, and so many tokens.
DEADLINE_MS = 5_000.0
TOKENS = 96


class LookAhead:
    """Asks for answers before anybody does; they wait in the scheduler's cache.

    Args:
        scheduler: runs them when nothing else does.
        questions: makes the engine's requests.
        engine: the engine, or None while there is none to ask.
        enough: says for a request and what it asks for when the rest of a block is not worth writing.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        questions: Questions,
        engine: Callable[[], Engine | None],
        enough: Callable[[CompletionRequest, Intent, Engine], Enough | None],
    ) -> None:
        self._scheduler = scheduler
        self._questions = questions
        self._engine = engine
        self._enough = enough

    def after(
        self, request: CompletionRequest, result: CompletionResult, settings: CompletionSettings
    ) -> None:
        """Plan to ask for what follows ``result``, accepted; where the line was complete, for the next one."""
        if request.selected is not None:
            return
        if result.dropped is None:
            following = _accepted(request, result)
        elif (
            result.dropped == "empty" and not request.source.text[request.offset :].split("\n", 1)[0].strip()
        ):
            following = request
        else:
            return
        self._scheduler.plan(DELAY, lambda: self._ask(following, settings))

    def _ask(self, request: CompletionRequest, settings: CompletionSettings) -> None:
        engine = self._engine()
        intent = decide(request, enabled=settings.enabled, multiline=settings.multiline)
        if engine is None or isinstance(intent, Refusal):
            return
        if not intent.multiline:
            # The rest of the line, if any, and the line below.
            intent = replace(intent, stop=StopRules(single_line=False, max_lines=2), max_tokens=TOKENS)
        anchor = Anchor(request.uri, *request.source.split_at(request.offset))
        if self._scheduler.cache.find(anchor, multiline=intent.multiline) is None:
            question = self._questions.writing(request, intent, engine, DEADLINE_MS, self._scheduler.asked)
            enough = self._enough(request, intent, engine)
            self._scheduler.start(engine, anchor, intent, question, ahead=True, enough=enough)


def _accepted(request: CompletionRequest, result: CompletionResult) -> CompletionRequest:
    """The request that follows when ``result`` is accepted."""
    text = request.source.text
    source = SourceText(text[: result.start] + result.text + text[result.end :])
    return replace(request, source=source, offset=result.start + len(result.text), invoked=False)
