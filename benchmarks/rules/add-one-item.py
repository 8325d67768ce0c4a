"""Numbers."""


def before(numbers: list[int]) -> list[int]:
    found: list[int] = []
    for number in numbers:
        found += [number * 2]
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
