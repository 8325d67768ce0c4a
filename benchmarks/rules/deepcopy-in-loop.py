"""Copies of ten numbers that are only read."""

import copy


def before(base: list[int], rounds: list[int]) -> int:
    found = 0
    for number in rounds:
        for value in copy.deepcopy(base):
            found += value * number
    return found


def arguments(n: int) -> tuple[list[int], list[int]]:
    return list(range(10)), list(range(n))
