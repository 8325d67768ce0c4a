"""A dictionary."""


def before(prices: dict[str, int]) -> int:
    return sum(list(prices.values()))


def arguments(n: int) -> tuple[dict[str, int]]:
    return {f"word{i}": i for i in range(n)},
