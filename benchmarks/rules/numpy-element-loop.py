"""Two arrays of floats."""

import numpy as np


def before(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros(len(a))
    for i in range(len(a)):
        out[i] = a[i] * 2 + b[i]
    return out


def arguments(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(0.0, 1.0, n), np.linspace(1.0, 2.0, n)
