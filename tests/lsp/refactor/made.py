"""Code to refactor."""

from __future__ import annotations

EXACT = """def both(first, second):
    print("begin")
    if first:
        if second:
            print("both")
    return first
"""
EXACT_AFTER = EXACT.replace(
    '    if first:\n        if second:\n            print("both")\n',
    '    if first and second:\n        print("both")\n',
)
EXACT_TITLE = "Join the conditions with `and`"
POSSIBLE_TITLE = "Use `get`"


def possible(name: str) -> str:
    """A function whose refactoring is not shown to be the same: the table may be of any class."""
    return (
        f"def {name}(table, key):\n    if key in table:\n        value = table[key]\n    else:\n"
        "        value = None\n    return value\n"
    )


def nested() -> str:
    """A function complex enough for suggestions."""
    return """def complicated(prices: list[int], stock: dict[str, int], sku: str, kind: str) -> int:
    total = 0
    for price in prices:
        if price > 0:
            total += price
    if sku in stock:
        count = stock[sku]
    else:
        count = 0
    if kind == "a" and total > 3:
        total += 1
    elif kind == "b" or total < 2:
        total += 2
    elif kind == "c":
        total -= 3
    elif kind == "d":
        total -= 4
    while total > 100:
        total -= 10
        if total == 50:
            break
    return total * count
"""
