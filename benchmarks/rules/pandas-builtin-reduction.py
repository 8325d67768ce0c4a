"""A column of whole numbers, held as floats."""

import pandas as pd


def before(table: pd.DataFrame) -> float:
    return float(sum(table["price"]))


def arguments(n: int) -> tuple[pd.DataFrame]:
    return (pd.DataFrame({"price": [float(i) for i in range(n)]}),)
