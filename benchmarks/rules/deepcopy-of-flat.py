"""A copy of a list of numbers."""

import copy


def before(values: list[int]) -> list[int]:
    return copy.deepcopy(values)


def arguments(n: int) -> tuple[list[int]]:
    return (list(range(n)),)
