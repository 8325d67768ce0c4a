"""From a completion to the event that begins a suggestion, and to the offer that is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from burnish_models.engine.base import FimPrompt
from burnish_server.completion.confidence import TokenPiece
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.documents import SourceText
from burnish_server.learning.clock import Clock
from burnish_server.learning.offers import Offer
from burnish_server.learning.ranges import Span, plain
from burnish_telemetry.events import (
    ActionOffered,
    ContextFile,
    Display,
    Place,
    Prompt,
    Sampling,
    Suggested,
    new_id,
)

__all__ = ["OfferMaker", "Source", "Surroundings", "suggested"]


_NO_TEXT = SourceText("")


@dataclass(frozen=True, slots=True)
class Source:
    """Who made a suggestion: the SHA-256 of the model's file (of a model elsewhere, its marked name), that of its adapter,
    and whether the model served alone for comparison.
    """

    model: str
    adapter: str | None = None
    comparison: bool = False


class Surroundings(Protocol):
    """What an event says of where and by whom a suggestion was made."""

    def place(self, uri: str) -> Place | None:
        """The file; ``None`` where nothing of it may be recorded."""

    def source(self, result: CompletionResult) -> Source:
        """Who made a result."""

    @property
    def client(self) -> str:
        """The editor's name and version."""


class OfferMaker:
    """Makes what is followed of a suggestion. Its event is made when there is something to tell, if ever."""

    def __init__(self, surroundings: Surroundings, clock: Clock) -> None:
        self._around = surroundings
        self._clock = clock

    def of_result(self, request: CompletionRequest, result: CompletionResult, place: Place) -> Offer:
        """A result that is about to be shown (or, with a rule that dropped it, not shown)."""
        identity, at = new_id(), self._clock.now()
        begin = partial(
            suggested,
            # The document and its tree are not needed for the event, and this may wait for minutes.
            replace(request, source=_NO_TEXT, tree=None),
            result,
            identity,
            place,
            source=self._around.source(result),
            client=self._around.client,
            time=self._clock.time_of(at),
        )
        text = request.source.text
        if result.dropped is not None:
            here = request.offset
            return Offer(identity, begin, place, plain(result.candidate), Span(here, here), "", "", at)
        return Offer(
            id=identity,
            begin=begin,
            place=place,
            target=plain(result.text),
            span=Span(result.start, result.end),
            before=plain(text[result.start : result.end]),
            right=plain(text[request.offset : result.end]),
            at=at,
            lead=_lead(request),
        )

    def of_action(
        self,
        text: str,
        span: Span,
        event: Callable[[str, Place], ActionOffered],
        problems: Callable[[], int] | None,
        place: Place,
    ) -> Offer:
        """A code action for ``span`` of ``text``; the arguments are those of ``Learning.offered_action``."""
        identity = new_id()
        made = event(identity, place)
        before = span.of(text)
        offer = Offer(identity, lambda: made, place, plain(made.after), span, before, "", self._clock.now())
        offer.action, offer.problems = True, problems
        offer.problems_before = problems() if problems is not None else 0
        return offer


def suggested(
    request: CompletionRequest,
    result: CompletionResult,
    identity: str,
    place: Place,
    *,
    source: Source,
    client: str,
    time: datetime,
) -> Suggested:
    """The event that begins a suggestion.

    Args:
        request: what was asked.
        result: what came of it; it must have an origin.
        identity: the suggestion's id.
        place: the file.
        source: who made it.
        client: the editor's name and version.
        time: when it was given.
    """
    origin = result.origin
    assert origin is not None
    answer, asked = origin.answer, origin.answer.request
    shown = result.dropped is None
    text = plain(result.text)[_lead(request) :] if shown else plain(result.candidate)
    logprobs = _logprobs(origin.left, len(text))
    left = sum(len(piece.text) for piece in origin.left)
    share = len(text) / max(1, len(answer.text))
    return Suggested(
        suggestion=identity,
        place=place,
        client=client,
        time=time,
        prompt=_prompt(asked.prompt, answer.text[: len(answer.text) - left]),
        text=text,
        model=source.model,
        adapter=source.adapter,
        sampling=Sampling(asked.temperature, asked.seed, asked.max_tokens, memory=bool(request.memory)),
        tokens=len(logprobs) or max(1, round(answer.finish.generated_tokens * min(1.0, share))),
        mean_logprob=sum(logprobs) / len(logprobs) if logprobs else None,
        latency_ms=round(result.timings.total_ms, 1),
        display=Display(
            shown=shown,
            rule=result.dropped or "",
            confidence=result.confidence,
            threshold=origin.threshold,
            invoked=request.invoked,
            comparison=source.comparison,
        ),
    )


def _lead(request: CompletionRequest) -> int:
    """The length of the editor's own item that a suggestion begins with."""
    return len(plain(request.selected.text)) if request.selected is not None else 0


def _prompt(asked: FimPrompt, typed: str) -> Prompt:
    """What the model saw, and what was typed of its answer since: for what is left of the answer that is the same."""
    context = tuple(ContextFile(file.path, file.text) for file in asked.context)
    return Prompt(asked.prefix, asked.typed + typed, asked.suffix, asked.path, asked.repository, context)


def _logprobs(pieces: Iterable[TokenPiece], characters: int) -> list[float]:
    """The log-probabilities of the tokens that the first ``characters`` characters came from."""
    found: list[float] = []
    for piece in pieces:
        if characters <= 0:
            break
        found += piece.logprobs
        characters -= len(piece.text)
    return found
