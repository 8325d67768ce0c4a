"""Numbers."""


def before(prices: list[int]) -> int:
    found = 0
    for i in range(len(prices)):
        if prices[i] > 3:
            found += prices[i]
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
