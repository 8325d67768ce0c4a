"""Orders and the price of what was ordered; half of them have one."""

SIZE = 500


def before(orders: list[tuple[str, int]], prices: list[tuple[str, int]]) -> list[int]:
    sums = []
    for order in orders:
        for price in prices:
            if order[0] == price[0]:
                sums.append(order[1] * price[1])
    return sums


def arguments(n: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    return [(f"thing{i}", i) for i in range(n)], [(f"thing{i * 2}", i) for i in range(n)]
