"""Intervals and tables for evaluation reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["CoveragePoint", "Proportion", "precision_coverage", "wilson"]


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
