"""The price of something in the middle of a dictionary."""


def before(prices: dict[str, int], name: str) -> int:
    for key, value in prices.items():
        if key == name:
            return value
    return 0


def arguments(n: int) -> tuple[dict[str, int], str]:
    return {f"thing{i}": i for i in range(n)}, f"thing{n // 2}"
