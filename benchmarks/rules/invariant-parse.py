"""Prices above a limit that is written in the loop."""

from decimal import Decimal


def before(prices: list[Decimal]) -> int:
    found = 0
    for price in prices:
        if price > Decimal("99.95"):
            found += 1
    return found


def arguments(n: int) -> tuple[list[Decimal]]:
    return ([Decimal(i) / 10 for i in range(n)],)
