"""Half of the elements are counted."""

import numpy as np


def before(values: np.ndarray, limit: float) -> int:
    return len(np.where(values > limit)[0])


def arguments(n: int) -> tuple[np.ndarray, float]:
    return np.linspace(0.0, 1.0, n), 0.5
