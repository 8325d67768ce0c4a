"""From an answer of the model to a result: judge it, clean it up, and count what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from burnish_models.engine.base import Timings
from burnish_server.completion.confidence import Judge, TokenPiece, judge_block, judge_line
from burnish_server.completion.existence import Importer
from burnish_server.completion.generation import Answer
from burnish_server.completion.intent import Intent
from burnish_server.completion.model import CompletionRequest, CompletionResult, Origin, TokenCounts
from burnish_server.completion.postprocess import Dropped, postprocess

__all__ = ["Conclusion", "Found", "conclude", "first_line", "shown", "with_costs"]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer with what is left of it at the request's position; ``reused`` if it was made for another
    one.
    """

    answer: Answer
    left: tuple[TokenPiece, ...]
    reused: bool


@dataclass(frozen=True, slots=True)
class Conclusion:
    """An offer, or the rule (and a detail for its sentence) that dropped it."""

    text: str = ""
    start: int = 0
    end: int = 0
    confidence: float | None = None
    candidate: str = ""
    rule: str | None = None
    detail: str = ""
    imports: tuple[str, ...] = ()


def conclude(
    request: CompletionRequest,
    intent: Intent,
    found: Found,
    judge: Judge,
    threshold: float | None,
    importer: Importer | None = None,
) -> Conclusion:
    """Decide what may be shown of an answer.

    Args:
        request: the request, with the editor's selected item taken if there is one.
        intent: what was asked for.
        found: the answer.
        judge: the model's calibration.
        threshold: the user's own threshold, or ``None`` for the calibrated one.
        importer: knows how the workspace imports names.
    """
    answer = found.answer
    if not answer.complete and not intent.multiline:
        return Conclusion(rule="deadline" if answer.finish.reason == "deadline" else "unfinished")
    pieces = found.left if intent.multiline else first_line(found.left)
    verdict = (judge_block if intent.multiline else judge_line)(pieces, judge, threshold)
    cut = len(verdict.text) < len("".join(piece.text for piece in pieces).rstrip("\n"))
    finished = answer.complete or cut
    offer = postprocess(
        request.source, request.offset, verdict.text, intent, finished=finished, importer=importer
    )
    base = Conclusion(confidence=verdict.confidence, candidate=verdict.text)
    if isinstance(offer, Dropped):
        unfinished = offer.rule == "empty" and not answer.complete
        rule = "deadline" if unfinished and answer.finish.reason == "deadline" else offer.rule
        return replace(base, rule=rule, detail=offer.detail)
    if not verdict.passed:
        needed = judge.threshold if threshold is None else threshold
        detail = f"It was {verdict.confidence:.0%} sure of {offer.text.strip()!r}; {needed:.0%} are needed."
        return replace(base, rule="low-confidence", detail=detail)
    text, start, end = offer.text, offer.start, offer.end
    if request.selected is not None:
        end = request.selected.end + (offer.end - request.offset)
        text, start = request.selected.text + text, request.selected.start
    return replace(base, text=text, start=start, end=end, imports=offer.imports)


def shown(end: Conclusion) -> CompletionResult:
    """What is shown of a conclusion that dropped nothing."""
    return CompletionResult(
        text=end.text,
        start=end.start,
        end=end.end,
        imports=end.imports,
        confidence=end.confidence,
        candidate=end.candidate,
    )


def with_costs(result: CompletionResult, found: Found, total_ms: float, threshold: float) -> CompletionResult:
    """The result with its figures and its origin; a reused answer cost no evaluation and no new tokens."""
    finish = found.answer.finish
    timings = Timings(total_ms=total_ms) if found.reused else replace(finish.timings, total_ms=total_ms)
    cached = finish.prompt_tokens if found.reused else finish.cached_tokens
    generated = 0 if found.reused else finish.generated_tokens
    return replace(
        result,
        timings=timings,
        tokens=TokenCounts(finish.prompt_tokens, cached, generated),
        model=found.answer.model,
        adapter=found.answer.adapter,
        reused=found.reused,
        origin=Origin(found.answer, found.left, threshold),
    )


def first_line(pieces: Sequence[TokenPiece]) -> Sequence[TokenPiece]:
    """Of an answer made for a block, a request for a line takes the first line."""
    if not any("\n" in piece.text for piece in pieces):
        return pieces
    kept: list[TokenPiece] = []
    for piece in pieces:
        head, newline, _ = piece.text.partition("\n")
        kept.append(TokenPiece(head, piece.logprobs))
        if newline:
            break
    return kept
