"""An array of floats."""

import numpy as np


def before(values: np.ndarray, factor: float) -> np.ndarray:
    return np.array([value * factor + 1 for value in values])


def arguments(n: int) -> tuple[np.ndarray, float]:
    return np.linspace(0.0, 1.0, n + 1), 2.5
