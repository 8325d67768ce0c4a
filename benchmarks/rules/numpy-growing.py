"""Floats, one after another."""

import numpy as np


def before(values: list[float]) -> np.ndarray:
    result = np.array([])
    for value in values:
        result = np.append(result, value / 2.0)
    return result


def arguments(n: int) -> tuple[list[float]]:
    return ([float(i) for i in range(n)],)
