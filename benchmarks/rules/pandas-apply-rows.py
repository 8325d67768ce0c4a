"""A table of two columns of floats."""

import pandas as pd


def before(table: pd.DataFrame) -> pd.Series:
    return table.apply(lambda row: row["price"] * row["count"], axis=1)


def arguments(n: int) -> tuple[pd.DataFrame]:
    rows = range(n + 1)
    return (pd.DataFrame({"price": [i / 4 for i in rows], "count": [float(i % 7) for i in rows]}),)
