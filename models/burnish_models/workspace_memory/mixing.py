"""Mixing what the model expects with what followed the same tokens elsewhere.

``p = (1 - λ) p_model + λ p_memory`` where ``p_memory`` are the relative counts of the tokens after the longest match. λ depends
on how long that match is, whether all its continuations agree and whether there is more than one, and on where it was found:
in the prompt itself or in the workspace. Nested cache models of code are due to Hellendoorn and Devanbu (2017), the
interpolation with a neural model to Khandelwal et al. (kNN-LM, arXiv 1911.00172).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

__all__ = ["Bucket", "Evidence", "Observation", "Shares", "Weights", "fit", "shares"]

#: Kind of evidence: (source, length class, agreement).
Bucket = tuple[str, int, str]

_LENGTHS = (1, 2, 3, 4, 6, 8, 12)
#: The length class of every length up to the largest class.
_CLASS = [max((size for size in _LENGTHS if size <= length), default=0) for length in range(_LENGTHS[-1] + 1)]
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
    tokens: Sequence[int]

    @property
    def bucket(self) -> Bucket:
        """The kind of evidence that this is."""
        longest = _CLASS[min(max(1, self.length), _LENGTHS[-1])]
        if len(self.tokens) == 1:
            agreement = "once"
        elif self.tokens.count(self.tokens[0]) == len(self.tokens):
            agreement = "agreed"
        else:
            agreement = "mixed"
        return self.source, longest, agreement

    def probability(self, token: int) -> float:
        """Share of the places where ``token`` followed."""
        return self.tokens.count(token) / len(self.tokens)


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


class Shares(NamedTuple):
    """A mixture as the few tokens see it: ``p(v) = model * p_model(v) + memory.get(v, 0)``."""

    model: float
    memory: dict[int, float]


def shares(evidences: Sequence[Evidence], weights: Weights) -> Shares:
    """What is left for the model, and what memory gives single tokens, when all evidence is mixed in, in order."""
    model = 1.0
    memory: dict[int, float] = {}
    for evidence in evidences:
        weight = min(weights.of(evidence), _LARGEST_WEIGHT)
        if weight > 0.0:
            model *= 1.0 - weight
            memory = {token: share * (1.0 - weight) for token, share in memory.items()}
            for token in set(evidence.tokens):
                memory[token] = memory.get(token, 0.0) + weight * evidence.probability(token)
    return Shares(model, memory)


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
