"""A column of floats."""

import pandas as pd


def before(table: pd.DataFrame) -> pd.Series:
    return table["price"].apply(lambda price: price * 1.19 + 2)


def arguments(n: int) -> tuple[pd.DataFrame]:
    return (pd.DataFrame({"price": [i / 4 for i in range(n + 1)]}),)
