"""Numbers of which half are negative."""

SIZE = 20000


def before(numbers: list[int]) -> None:
    i = 0
    while i < len(numbers):
        if numbers[i] < 0:
            del numbers[i]
        else:
            i += 1


def arguments(n: int) -> tuple[list[int]]:
    return [(i * 7919 % 1000) - 500 for i in range(n)],
