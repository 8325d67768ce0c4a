"""Numbers up to the square of the size."""

import math


def before(numbers: list[int]) -> int:
    total = 0
    for number in numbers:
        total += int(math.sqrt(number))
    return total


def arguments(n: int) -> tuple[list[int]]:
    return ([i * i + i for i in range(n)],)
