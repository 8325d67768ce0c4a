"""Numbers of up to thirty bits."""


def before(numbers: list[int]) -> int:
    total = 0
    for number in numbers:
        total += bin(number).count("1")
    return total


def arguments(n: int) -> tuple[list[int]]:
    return ([i * 524_287 for i in range(n)],)
