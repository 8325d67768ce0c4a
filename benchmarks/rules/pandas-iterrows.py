"""A table of two columns of floats."""

import pandas as pd


def before(table: pd.DataFrame) -> float:
    total = 0.0
    for _, row in table.iterrows():
        total += row["price"] * row["count"]
    return float(total)


def arguments(n: int) -> tuple[pd.DataFrame]:
    return (pd.DataFrame({"price": [i / 4 for i in range(n)], "count": [float(i % 7) for i in range(n)]}),)
