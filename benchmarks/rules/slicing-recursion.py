"""Numbers."""

SIZE = 800


def before(numbers: list[int]) -> int:
    if not numbers:
        return 0
    return numbers[0] + before(numbers[1:])


def arguments(n: int) -> tuple[list[int]]:
    return list(range(n)),
