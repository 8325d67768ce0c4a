"""Numbers in no order."""


def before(numbers: list[int]) -> list[int]:
    seen = []
    found = []
    for number in numbers:
        seen.append(number)
        seen.sort()
        found.append(seen[len(seen) // 2])
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
