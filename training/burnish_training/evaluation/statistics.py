"""Intervals and tables for evaluation reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "CoveragePoint",
    "Estimate",
    "Proportion",
    "mean_pass_at_k",
    "pass_at_k",
    "precision_coverage",
    "wilson",
]


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share with its 95 % Wilson score interval; ``count`` of ``total``."""

    count: int
    total: int
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1%} (95 % CI {self.low:.1%} to {self.high:.1%}, {self.count} of {self.total})"


def wilson(count: int, total: int, z: float = 1.959964) -> Proportion:
    """The Wilson score interval (Wilson 1927) of ``count`` successes in ``total`` trials."""
    if total <= 0:
        return Proportion(0, 0, 0.0, 0.0, 1.0)
    share = count / total
    denominator = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / denominator
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / denominator
    return Proportion(count, total, share, max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """Of all cases, ``coverage`` is shown at ``threshold``; ``precision`` of the shown ones is right."""

    threshold: float
    coverage: float
    precision: Proportion


def precision_coverage(
    confidence: Sequence[float], correct: Sequence[bool], thresholds: Sequence[float]
) -> list[CoveragePoint]:
    """Precision and coverage of showing only what reaches each threshold."""
    points = []
    for threshold in thresholds:
        shown = [right for value, right in zip(confidence, correct, strict=True) if value >= threshold]
        points.append(
            CoveragePoint(threshold, len(shown) / max(1, len(correct)), wilson(sum(shown), len(shown)))
        )
    return points


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over tasks with its 95 % interval and how that was found: ``wilson`` or ``bootstrap``."""

    value: float
    low: float
    high: float
    method: str

    def __str__(self) -> str:
        return f"{self.value:.1%} (95 % CI {self.low:.1%} to {self.high:.1%})"


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The chance that at least one of ``k`` of the samples passes, unbiased: 1 - C(n-c, k) / C(n, k).

    Chen et al. 2021, "Evaluating Large Language Models Trained on Code", equation 1.

    Raises:
        ValueError: ``k`` is not between 1 and ``samples``, or ``passed`` not between 0 and ``samples``.
    """
    if not (1 <= k <= samples and 0 <= passed <= samples):
        raise ValueError(f"no pass@{k} of {samples} samples with {passed} passed")
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


def mean_pass_at_k(results: Sequence[tuple[int, int]], k: int, resamples: int = 10_000) -> Estimate:
    """Mean pass@k over tasks, each ``(samples, passed)``; the same tasks always give the same interval.

    Where each task is a plain yes or no, the interval is Wilson's; otherwise the percentile bootstrap over tasks
    (Efron 1979).
    """
    scores = np.array([pass_at_k(samples, passed, k) for samples, passed in results])
    if np.isin(scores, (0.0, 1.0)).all():
        share = wilson(int(scores.sum()), len(scores))
        return Estimate(share.value, share.low, share.high, "wilson")
    rng = np.random.default_rng(0)
    means = np.array([scores[rng.integers(0, len(scores), len(scores))].mean() for _ in range(resamples)])
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(scores.mean()), float(low), float(high), "bootstrap")
