"""The cheapest of many prices in no order."""


def before(prices: list[int]) -> int:
    if not prices:
        return 0
    return sorted(prices)[0]


def arguments(n: int) -> tuple[list[int]]:
    return ([i * 7919 % 100003 for i in range(n)],)
