"""A list that is used up."""


def before(numbers: list[int]) -> int:
    found = 0
    while numbers:
        number = numbers[0]
        numbers = numbers[1:]
        found += number
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
