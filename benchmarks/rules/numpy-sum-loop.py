"""Two arrays of whole numbers, held as floats."""

import numpy as np


def before(a: np.ndarray, b: np.ndarray) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return float(total)


def arguments(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(n, dtype=float), np.arange(n, dtype=float) % 7
