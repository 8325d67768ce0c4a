"""Numbers, few of them 0."""


def before(numbers: list[int]) -> list[int]:
    found = []
    for number in numbers:
        if number:
            found.append(number + 1)
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
