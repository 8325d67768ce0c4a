"""Numbers."""


def before(prices: list[int]) -> int:
    found = 0
    for i, price in enumerate(prices):
        found += price
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
