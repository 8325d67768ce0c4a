"""Floats close to one."""

import math


def before(values: list[float]) -> float:
    result = 1.0
    for value in values:
        result *= value
    return result + math.pi


def arguments(n: int) -> tuple[list[float]]:
    return ([1 + 1 / (i + 3) for i in range(n)],)
