"""Figures of single answers."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from burnish_training.gate.cases import GateCase
from burnish_training.gate.stack import Answer

__all__ = ["Figures", "common_beginning", "edit_similarity", "figures_of", "price_of_wrong"]


@dataclass(frozen=True, slots=True)
class Figures:
    """One answer against what stands there. All but ``latency_ms``, ``length`` (characters) and ``worth`` lie from 0 to 1.

    ``kept`` is the share of the truth that the answer begins with; ``shown`` whether it reaches the threshold, ``right``
    whether it is shown and exact; ``valid`` is 0 where it was held back for its syntax; ``repeats`` is 1 where it is what the
    user had sent away here.

    ``worth`` is 1 where what is shown is exact, minus the price of reading a wrong one where it is not, 0 where nothing is
    shown. At a threshold t showing pays from a chance of t on, so that price is t / (1 − t), here at most 1.
    """

    exact: float
    similarity: float
    kept: float
    shown: float
    right: float
    worth: float
    valid: float
    length: float
    repeats: float
    latency_ms: float


def figures_of(case: GateCase, answer: Answer, threshold: float) -> Figures:
    """The figures of an answer; only its first line counts.

    What was typed of an answer that goes beyond the truth counts in full: the user would have kept all they wrote.
    """
    text = answer.text.partition("\n")[0].rstrip()
    truth = case.truth.rstrip()
    exact = float(text == truth)
    shown = bool(text) and answer.confidence is not None and answer.confidence >= threshold
    rejected = case.rejected.partition("\n")[0].rstrip()
    return Figures(
        exact=exact,
        similarity=edit_similarity(text, truth),
        kept=common_beginning(text, truth) / len(truth),
        shown=float(shown),
        right=float(shown and bool(exact)),
        worth=(1.0 if exact else -price_of_wrong(threshold)) if shown else 0.0,
        valid=float(answer.dropped != "syntax"),
        length=float(len(text)),
        repeats=float(bool(rejected) and text == rejected and rejected != truth),
        latency_ms=answer.latency_ms,
    )


def price_of_wrong(threshold: float) -> float:
    """What a wrong suggestion costs, in right ones, to whom showing pays from a chance of ``threshold`` on; at most 1."""
    return min(1.0, threshold / (1 - threshold)) if threshold < 1 else 1.0


def common_beginning(first: str, second: str) -> int:
    """Characters that two texts begin with alike."""
    for index, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return index
    return min(len(first), len(second))


def edit_similarity(first: str, second: str) -> float:
    """1 − edit distance / length of the longer text (Levenshtein 1966); 1 for two empty ones."""
    return float(Levenshtein.normalized_similarity(first, second))
