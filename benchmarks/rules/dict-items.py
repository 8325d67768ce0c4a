"""A sum over a dictionary's values, weighted by the names' lengths."""


def before(prices: dict[str, int]) -> int:
    found = 0
    for name in prices:
        found += len(name) * prices[name]
    return found


def arguments(n: int) -> tuple[dict[str, int]]:
    return ({f"thing{i}": i for i in range(n)},)
