"""Small numbers."""


def before(numbers: list[int]) -> int:
    total = 0
    for number in numbers:
        total += number**2
    return total


def arguments(n: int) -> tuple[list[int]]:
    return (list(range(n)),)
