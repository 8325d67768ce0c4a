"""Numbers of which half are even."""


def before(numbers: list[int]) -> list[int]:
    found = []
    for number in numbers:
        if number % 2 == 0:
            found = found + [number]
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
