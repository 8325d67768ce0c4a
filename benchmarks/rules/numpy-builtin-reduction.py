"""Whole numbers, held as floats."""

import numpy as np


def before(values: np.ndarray) -> float:
    return float(max(values))


def arguments(n: int) -> tuple[np.ndarray]:
    return (np.arange(n + 1, dtype=float) % 911,)
