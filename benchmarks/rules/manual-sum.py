"""Numbers."""


def before(numbers: list[int]) -> int:
    found = 0
    for number in numbers:
        found += number
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
