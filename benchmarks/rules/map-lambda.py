"""Numbers."""


def before(numbers: list[int]) -> list[int]:
    return list(map(lambda number: number * 2, numbers))


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
