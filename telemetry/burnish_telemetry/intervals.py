"""Shares with 95 % intervals, and differences between two of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Difference", "Share", "difference", "effective", "wilson"]

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """A share from 0 to 1 with its interval; all ``None`` where nothing was counted."""

    value: float | None
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, Any]:
        """The wire form, rounded."""
        return {key: None if value is None else round(value, 4) for key, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """The first share minus the second, with its interval."""

    value: float
    low: float
    high: float


def wilson(count: float, total: float) -> Share:
    """``count`` of ``total`` with Wilson's score interval (1927), which is never empty and stays within 0 and 1."""
    if total <= 0:
        return Share(None, None, None)
    share, z2 = count / total, _Z * _Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half))


def difference(first: tuple[float, float], second: tuple[float, float]) -> Difference:
    """The difference of two independent shares, each given as ``(count, total)`` with a total above 0.

    Newcombe's interval from two of Wilson's (Statistics in Medicine 17, 1998, method 10), which holds for small counts.
    """
    (a, low_a, high_a), (b, low_b, high_b) = (_numbers(wilson(*pair)) for pair in (first, second))
    value = a - b
    return Difference(
        value,
        value - math.sqrt((a - low_a) ** 2 + (high_b - b) ** 2),
        value + math.sqrt((high_a - a) ** 2 + (b - low_b) ** 2),
    )


def effective(clusters: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """``(count, total)`` as if cases were independent, from those of clusters whose cases resemble each other.

    The total is divided by the design effect (Kish 1965): the variance of the share between clusters over the one that
    independent cases would have. It is never below 1, so an interval only gets wider.
    """
    count, total = sum(hits for hits, _ in clusters), sum(size for _, size in clusters)
    if total == 0:
        return 0.0, 0.0
    share = count / total
    used = [(hits, size) for hits, size in clusters if size]
    binomial = share * (1 - share) / total
    if len(used) < 2 or binomial == 0:
        return float(count), float(total)
    spread = sum((hits - share * size) ** 2 for hits, size in used) / total**2 * len(used) / (len(used) - 1)
    design = max(1.0, spread / binomial)
    return count / design, total / design


def _numbers(share: Share) -> tuple[float, float, float]:
    if share.value is None or share.low is None or share.high is None:
        raise ValueError("A share of nothing has no difference to another.")
    return share.value, share.low, share.high
