"""The gate's confidence, corrected by what this user did with earlier suggestions."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LEAST_OUTCOMES", "Outcome", "Recalibration", "floored_threshold"]

#: Fewer outcomes than this change nothing.
LEAST_OUTCOMES = 30
#: After so many later outcomes, an outcome counts half.
HALF_LIFE = 200.0
_GRID = 20
_PRIOR_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A shown suggestion: the model's calibrated confidence (0 to 1) and whether the user took it."""

    confidence: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class Recalibration:
    """A non-decreasing, piecewise-linear map of confidences; without knots it is the identity."""

    knots: tuple[tuple[float, float], ...] = ()

    def apply(self, confidence: float) -> float:
        """The corrected confidence, 0 for one that is not a number."""
        if math.isnan(confidence):
            return 0.0
        if not self.knots:
            return min(1.0, max(0.0, confidence))
        after = bisect_right([x for x, _ in self.knots], confidence)
        if after == 0 or after == len(self.knots):
            return self.knots[max(0, after - 1)][1]
        (x0, y0), (x1, y1) = self.knots[after - 1 : after + 1]
        return min(y0 + (y1 - y0) * (confidence - x0) / (x1 - x0), y1)

    @classmethod
    def fit(cls, outcomes: Sequence[Outcome]) -> Recalibration:
        """Fit by isotonic regression (pool adjacent violators), oldest outcome first.

        Old outcomes fade exponentially. Observations that agree with the model are spread evenly over
        [0, 1], so that where this user has shown nothing yet the model is believed.
        """
        usable = [o for o in outcomes if 0.0 <= o.confidence <= 1.0]
        if len(usable) < LEAST_OUTCOMES:
            return cls()
        newest = len(usable) - 1
        points = [(i / _GRID, i / _GRID, _PRIOR_WEIGHT) for i in range(_GRID + 1)]
        points += [
            (o.confidence, float(o.accepted), 0.5 ** ((newest - i) / HALF_LIFE)) for i, o in enumerate(usable)
        ]
        return cls(_pooled(points))


def floored_threshold(confidences: Sequence[float], threshold: float, least_share: float) -> float:
    """``threshold``, lowered as far as needed to show ``least_share`` of recent requests.

    ``confidences`` are the corrected ones of all recent requests, shown or not; fewer than
    :data:`LEAST_OUTCOMES` leave the threshold alone. It is never raised.
    """
    if len(confidences) < LEAST_OUTCOMES or least_share <= 0.0:
        return threshold
    wanted = math.ceil(min(1.0, least_share) * len(confidences))
    return min(threshold, sorted(confidences, reverse=True)[wanted - 1])


def _pooled(points: Sequence[tuple[float, float, float]]) -> tuple[tuple[float, float], ...]:
    """Knots from (confidence, share, weight); equal confidences are merged first."""
    merged: dict[float, tuple[float, float]] = {}
    for x, y, weight in points:
        share, total = merged.get(x, (0.0, 0.0))
        merged[x] = (share + y * weight, total + weight)
    blocks: list[tuple[float, float, float, float]] = []
    for x in sorted(merged):
        blocks.append((x, x, *merged[x]))
        while len(blocks) > 1 and blocks[-2][2] / blocks[-2][3] > blocks[-1][2] / blocks[-1][3]:
            last, before = blocks.pop(), blocks.pop()
            blocks.append((before[0], last[1], before[2] + last[2], before[3] + last[3]))
    ends = ((x, share / weight) for low, high, share, weight in blocks for x in (low, high))
    return tuple(dict(ends).items())
