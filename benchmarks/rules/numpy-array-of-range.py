"""Numbers from zero."""

import numpy as np


def before(count: int) -> np.ndarray:
    return np.array(range(count))


def arguments(n: int) -> tuple[int]:
    return (n + 1,)
