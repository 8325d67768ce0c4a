"""From pairs of times to a speedup with an interval, and to slopes.

The speedup is the median of the pairs' ratios before / after at the largest size, found for the pairs in either order
alone and then averaged (as logarithms), so that going first or second does not enter it; its interval is the percentile
bootstrap of that figure (Efron & Tibshirani, An Introduction to the Bootstrap, ch. 13).
The slope is that of the least-squares line through the logarithms of size and median time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from burnish_analysis.verify.model import Scaling, Speedup

__all__ = [
    "OFFERED_ABOVE",
    "SLOPE_DROP",
    "SLOWER_BELOW",
    "SizeTimes",
    "is_faster",
    "scaling_of",
    "speedup_of",
]

#: A speedup is offered when its interval's lower bound lies above the first and no size is slower than the second.
OFFERED_ABOVE, SLOWER_BELOW = 1.10, 0.95
#: Slopes that differ by less mean the same class.
SLOPE_DROP = 0.5
_RESAMPLES = 1000
_LEAST_PAIRS = 10
#: A median between this and 1 whose interval reaches 1 counts as 1: noise may explain it, and it is known well enough.
_NOISE_FLOOR = 0.9
_SLOPE_SIZES, _SLOPE_RANGE = 4, 7.9
#: Below so many nanoseconds a call's fixed costs bend the line.
_SLOPE_LEAST_NS = 300.0


@dataclass(frozen=True, slots=True)
class SizeTimes:
    """The pairs measured at one input size: nanoseconds of one call of each version, and which (0, 1) went first."""

    size: float
    before: tuple[float, ...]
    after: tuple[float, ...]
    first: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Ratio:
    median: float
    low: float
    high: float
    pairs: int

    @property
    def cautious(self) -> float:
        """The median; 1 where it is slightly below and its interval reaches 1."""
        noise = _NOISE_FLOOR <= self.median < 1.0 <= self.high
        return 1.0 if noise else self.median


def is_faster(speedup: Speedup | None) -> bool:
    """The rule of offering: certain enough, and no size slower."""
    return speedup is not None and speedup.ci_low > OFFERED_ABOVE and speedup.slowest >= SLOWER_BELOW


def speedup_of(sizes: Sequence[SizeTimes], seed: int = 0) -> Speedup | None:
    """The speedup at the largest of ``sizes`` (growing), and the lowest at any; None with too few pairs."""
    usable = [size for size in sizes if len(size.before) >= _LEAST_PAIRS]
    if not usable or usable[-1] is not sizes[-1]:
        return None
    ratios = [_ratio(size, seed) for size in usable]
    last = ratios[-1]
    return Speedup(last.median, last.low, last.high, last.pairs, min(ratio.cautious for ratio in ratios))


def _ratio(size: SizeTimes, seed: int) -> _Ratio:
    logs = np.log(np.maximum(size.before, 1e-3)) - np.log(np.maximum(size.after, 1e-3))
    draw = np.random.default_rng(seed)
    first = np.array(size.first)
    halves = [half for half in (logs[first == 0], logs[first == 1]) if len(half)]
    centre = float(np.mean([np.median(half) for half in halves]))
    drawn = [half[draw.integers(0, len(half), size=(_RESAMPLES, len(half)))] for half in halves]
    low, high = np.percentile(sum(np.median(half, axis=1) for half in drawn) / len(drawn), [2.5, 97.5])
    return _Ratio(math.exp(centre), math.exp(float(low)), math.exp(float(high)), len(logs))


def scaling_of(sizes: Sequence[SizeTimes]) -> Scaling:
    """The slopes over the largest three or four doublings; none where the sizes do not reach so far.

    A fit over less, or over times that are mostly the cost of the call itself, says nothing about the class.
    """
    known = [
        (size.size, float(np.median(size.before)), float(np.median(size.after)))
        for size in sizes
        if size.size > 0 and size.before
    ]
    known = [row for row in known if min(row[1:]) >= _SLOPE_LEAST_NS]
    largest = max((row[0] for row in known), default=0.0)
    rows = [row for row in known if row[0] * 17 >= largest]
    if len({row[0] for row in rows}) < _SLOPE_SIZES or largest / rows[0][0] < _SLOPE_RANGE:
        return Scaling()
    logs = np.log(np.array(rows))
    before, after = (float(np.polyfit(logs[:, 0], logs[:, column], 1)[0]) for column in (1, 2))
    return Scaling(before, after)
