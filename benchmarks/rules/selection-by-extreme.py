"""Numbers in no order, taken out from the greatest."""

from random import Random


def before(values: list[int]) -> list[int]:
    left = list(values)
    ordered = []
    while left:
        best = max(left)
        left.remove(best)
        ordered.append(best)
    return ordered


def arguments(n: int) -> tuple[list[int]]:
    return (Random(0).choices(range(100003), k=n),)
