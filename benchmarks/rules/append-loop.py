"""Numbers of which every second one is kept."""


def before(numbers: list[int]) -> list[int]:
    found = []
    for number in numbers:
        if number % 2:
            found.append(number * number)
    return found


def arguments(n: int) -> tuple[list[int]]:
    return ([i * 7919 % 1000 for i in range(n)],)
