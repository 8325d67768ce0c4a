"""Pairs with the few numbers that pass a test; a tenth as many on the left."""


def before(lefts: list[int], rights: list[int]) -> int:
    found = 0
    for left in lefts:
        for right in [value for value in rights if value > 1000]:
            found += left * right
    return found


def arguments(n: int) -> tuple[list[int], list[int]]:
    return list(range(n // 10)), [i % 1002 for i in range(n)]
