"""Neighbours in Fibonacci's series, which take the most rounds."""

import math


def before(pairs: list[tuple[int, int]]) -> int:
    total = 0
    for one, other in pairs:
        a, b = one, other
        while b:
            a, b = b, a % b
        total += math.trunc(a)
    return total


def arguments(n: int) -> tuple[list[tuple[int, int]]]:
    series = [1, 2]
    while len(series) < 42:
        series.append(series[-1] + series[-2])
    return ([(series[i % 40 + 1], series[i % 40]) for i in range(n)],)
