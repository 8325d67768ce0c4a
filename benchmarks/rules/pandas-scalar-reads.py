"""A column of whole numbers."""

import pandas as pd


def before(table: pd.DataFrame) -> int:
    total = 0
    for i in range(len(table)):
        total += table["price"].iloc[i]
    return int(total)


def arguments(n: int) -> tuple[pd.DataFrame]:
    return (pd.DataFrame({"price": list(range(n))}),)
