"""Numbers."""


def before(numbers: list[int]) -> list[int]:
    return [number for number in numbers]


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
