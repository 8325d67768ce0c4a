"""From a completion to the event that begins a suggestion, and to the offer that is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from burnish_models.engine.base import FimPrompt
from burnish_server.completion.confidence import TokenPiece
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.learning.offers import Offer
from burnish_server.learning.ranges import Span, plain
from burnish_telemetry.events import ContextFile, Display, Place, Prompt, Sampling, Suggested

__all__ = ["Source", "offer_of", "suggested"]


@dataclass(frozen=True, slots=True)
class Source:
    """Who made a suggestion: the SHA-256 of the model's file (or the name of a model elsewhere), that of its adapter, and
    whether the model served alone for comparison.
    """

    model: str
    adapter: str | None = None
    comparison: bool = False


def offer_of(
    request: CompletionRequest,
    result: CompletionResult,
    identity: str,
    place: Place,
    at: float,
    begin: Callable[[], Suggested],
) -> Offer:
    """What is followed of a result that is shown at ``at`` (or, with a rule that dropped it, not shown)."""
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
