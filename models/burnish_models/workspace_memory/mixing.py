"""Mixing what the model expects with what followed the same tokens elsewhere.

``p = (1 - λ) p_model + λ p_memory`` where ``p_memory`` are the relative counts of the tokens after the longest match. λ depends
on how long that match is, whether all its continuations agree and whether there is more than one, and on where it was found:
in the prompt itself or in the workspace. Nested cache models of code are due to Hellendoorn and Devanbu (2017), the
interpolation with a neural model to Khandelwal et al. (kNN-LM, arXiv 1911.00172).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bucket", "Evidence", "Observation", "Weights", "fit", "mix"]

#: Kind of evidence: (source, length class, agreement).
Bucket = tuple[str, int, str]

_LENGTHS = (1, 2, 3, 4, 6, 8, 12)
#: The most weight that memory may get: the model always keeps a say.
_LARGEST_WEIGHT = 0.98
#: Buckets with fewer observations than this are pulled towards their prior.
_PRIOR_OBSERVATIONS = 20.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for a context: the tokens that followed its longest match, one per place, and where.

    ``source`` is ``file`` (the prompt itself) or ``workspace``; ``tokens`` is never empty.
    """

    source: str
    length: int
    tokens: NDArray[np.int32]

    @property
    def bucket(self) -> Bucket:
        """The kind of evidence that this is."""
        longest = max(size for size in _LENGTHS if size <= max(1, self.length))
        if len(self.tokens) == 1:
            agreement = "once"
        elif (self.tokens == self.tokens[0]).all():
            agreement = "agreed"
        else:
            agreement = "mixed"
        return self.source, longest, agreement

    def probability(self, token: int) -> float:
        """Share of the places where ``token`` followed."""
        return float((self.tokens == token).mean())


@dataclass(frozen=True, slots=True)
class Observation:
    """One token of known text: the kind of evidence there was, and how likely either side found the token."""

    bucket: Bucket
    model: float
    memory: float


@dataclass(frozen=True, slots=True)
class Weights:
    """λ by kind of evidence; a kind that is not listed weighs nothing."""

    by_bucket: Mapping[Bucket, float] = field(default_factory=dict)

    def of(self, evidence: Evidence) -> float:
        """λ for ``evidence``."""
        return self.by_bucket.get(evidence.bucket, 0.0)


def mix(
    probabilities: NDArray[np.float32], evidences: Sequence[Evidence], weights: Weights
) -> NDArray[np.float32]:
    """Mix each piece of evidence in, in order, in place; returns the array (float32, one per token, sums to 1)."""
    for evidence in evidences:
        weight = weights.of(evidence)
        if weight > 0.0:
            probabilities *= 1.0 - weight
            np.add.at(probabilities, evidence.tokens, np.float32(weight / len(evidence.tokens)))
    return probabilities


def fit(
    observations: Sequence[Observation], prior: Mapping[Bucket, float] | None = None, rounds: int = 60
) -> dict[Bucket, float]:
    """λ of each kind of evidence that makes the observed tokens most likely.

    One weight of a two-component mixture, by expectation maximisation (Jelinek and Mercer 1980); ``prior`` counts as
    :data:`_PRIOR_OBSERVATIONS` further observations.
    """
    grouped: dict[Bucket, list[tuple[float, float]]] = {}
    for seen in observations:
        grouped.setdefault(seen.bucket, []).append((seen.model, seen.memory))
    weights = dict(prior or {})
    for bucket, pairs in grouped.items():
        model, memory = (np.maximum(np.asarray(side), 1e-12) for side in zip(*pairs, strict=True))
        before = weights.get(bucket, 0.05)
        weight = before
        for _ in range(rounds):
            share = weight * memory / (weight * memory + (1.0 - weight) * model)
            weight = float((share.sum() + _PRIOR_OBSERVATIONS * before) / (len(pairs) + _PRIOR_OBSERVATIONS))
        weights[bucket] = min(weight, _LARGEST_WEIGHT)
    return weights
