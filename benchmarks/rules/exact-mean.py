"""Floats whose sum is exact."""

import statistics


def before(values: list[float]) -> float:
    return statistics.mean(values)


def arguments(n: int) -> tuple[list[float]]:
    return ([float(i) for i in range(n + 1)],)
