"""Plain floats."""

import math

import numpy as np


def before(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += np.sqrt(value)
    return math.fsum([total])


def arguments(n: int) -> tuple[list[float]]:
    return ([float(i) for i in range(n)],)
