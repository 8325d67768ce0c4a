"""The gate: is the model sure enough for its answer to be shown?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Judge", "Judgement", "TokenPiece", "align", "block_is_decided", "judge_block", "judge_line"]

#: A block goes on while each of its lines is at least this fraction of the threshold likely.
LATER_LINES = 0.5


class Judge(Protocol):
    """What the gate needs of a calibration (``burnish_models.calibration``)."""

    @property
    def threshold(self) -> float:
        """The probability from which an answer is worth showing."""

    def probability(self, logprobs: Sequence[float]) -> float:
        """Calibrated probability that a line with these token log-probabilities is exactly what the author
        writes.
        """


@dataclass(frozen=True, slots=True)
class TokenPiece:
    """A stretch of generated text and the natural-log probability of the tokens it came from."""

    text: str
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on an answer: what may be shown of it (``""`` for nothing) and how sure the model is."""

    text: str
    confidence: float
    passed: bool


def align(chunks: Sequence[str], logprobs: Sequence[float]) -> list[TokenPiece]:
    """Attach log-probabilities to streamed pieces of text.

    An engine that streams token by token gives one chunk a token, and the mapping is exact; the
    log-probability of a final stop token goes to an empty last piece. Where chunks hold several tokens,
    these are shared out by length.
    """
    if not logprobs:
        return [TokenPiece(chunk, ()) for chunk in chunks]
    texts = [chunk for chunk in chunks if chunk]
    if len(texts) <= len(logprobs) <= len(texts) + 1:
        pieces = [TokenPiece(text, (value,)) for text, value in zip(texts, logprobs, strict=False)]
        rest = tuple(logprobs[len(texts) :])
        return [*pieces, TokenPiece("", rest)] if rest else pieces
    return _shared_out(texts, logprobs)


def _shared_out(texts: Sequence[str], logprobs: Sequence[float]) -> list[TokenPiece]:
    total = sum(map(len, texts)) or 1
    pieces: list[TokenPiece] = []
    taken, seen = 0, 0
    for text in texts:
        seen += len(text)
        upto = round(len(logprobs) * seen / total)
        pieces.append(TokenPiece(text, tuple(logprobs[taken:upto])))
        taken = upto
    if taken < len(logprobs):
        pieces.append(TokenPiece("", tuple(logprobs[taken:])))
    return pieces


def judge_line(pieces: Sequence[TokenPiece], judge: Judge, threshold: float | None) -> Judgement:
    """Judge a single line by all of its tokens.

    Args:
        pieces: the answer.
        judge: the model's calibration.
        threshold: the user's own threshold, or ``None`` for the calibrated one.
    """
    confidence = _probability(pieces, judge)
    needed = judge.threshold if threshold is None else threshold
    text = "".join(piece.text for piece in pieces)
    return Judgement(text, confidence, confidence >= needed)


def judge_block(pieces: Sequence[TokenPiece], judge: Judge, threshold: float | None) -> Judgement:
    """Judge a block by its first line with code, and cut it at the first later line that is too unlikely."""
    needed = judge.threshold if threshold is None else threshold
    lines = _lines(pieces)
    kept: list[str] = []
    confidence: float | None = None
    for line in lines:
        text = "".join(piece.text for piece in line)
        if not text.strip():
            kept.append(text)
            continue
        probability = _probability(line, judge)
        if confidence is None:
            confidence = probability
            if probability < needed:
                return Judgement("".join(p.text for p in pieces), probability, passed=False)
        elif probability < needed * LATER_LINES:
            break
        kept.append(text)
    return Judgement("".join(kept).rstrip("\n"), confidence or 0.0, passed=bool(kept))


def block_is_decided(pieces: Sequence[TokenPiece], judge: Judge, threshold: float | None) -> bool:
    """Whether the whole lines of a block that is still being written already say what will be shown of it.

    So they do when the first line with code is not likely enough, and when a later one ends the block.
    """
    lines = [line for line in _lines(pieces) if line[-1].text.endswith("\n")]
    whole = [piece for line in lines for piece in line]
    if not any(piece.text.strip() for piece in whole):
        return False
    verdict = judge_block(whole, judge, threshold)
    return not verdict.passed or len(verdict.text) < len("".join(piece.text for piece in whole).rstrip("\n"))


def _lines(pieces: Sequence[TokenPiece]) -> list[list[TokenPiece]]:
    """The pieces of each line; a token with a line end inside belongs to the line that it ends."""
    lines: list[list[TokenPiece]] = [[]]
    for piece in pieces:
        head, newline, tail = piece.text.partition("\n")
        if not newline:
            lines[-1].append(piece)
            continue
        lines[-1].append(TokenPiece(head + newline, piece.logprobs))
        *middle, last = tail.split("\n")
        lines.extend([TokenPiece(part + "\n", ())] for part in middle)
        lines.append([TokenPiece(last, ())] if last else [])
    return [line for line in lines if line]


def _probability(pieces: Sequence[TokenPiece], judge: Judge) -> float:
    logprobs = [value for piece in pieces for value in piece.logprobs]
    if not logprobs:
        return 0.0
    value = judge.probability(logprobs)
    return value if math.isfinite(value) else 0.0
