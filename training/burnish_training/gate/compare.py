"""Paired differences with bootstrap intervals, cases of one place drawn together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Difference", "paired_bootstrap"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean paired difference with its 95 % interval."""

    value: float
    low: float
    high: float


def paired_bootstrap(
    first: Sequence[float], second: Sequence[float], clusters: Sequence[str], *, resamples: int, seed: int = 0
) -> Difference:
    """``second`` − ``first``, mean over cases, with the percentile interval of a cluster bootstrap (Efron 1979; Field and
    Welsh 2007): whole clusters are drawn, since neighbouring lines are alike.

    Args:
        first, second: figures of the same cases in the same order.
        clusters: what each case is drawn together with.
        resamples: how many times.
        seed: the same seed gives the same interval.

    Raises:
        ValueError: no cases, or sequences of different length.
    """
    differences = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    if not differences.size or differences.size != len(clusters):
        raise ValueError("a paired comparison needs the same cases, at least one")
    names = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    members = np.asarray([names[name] for name in clusters])
    sums = np.bincount(members, differences, len(names))
    sizes = np.bincount(members, minlength=len(names)).astype(float)
    rng = np.random.default_rng(seed)
    means: list[NDArray[np.float64]] = []
    for begin in range(0, resamples, 500):
        drawn = rng.integers(0, len(names), (min(500, resamples - begin), len(names)))
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.concatenate(means), (0.025, 0.975))
    return Difference(float(differences.mean()), float(low), float(high))
