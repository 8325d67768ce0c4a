"""As many kinds as the fortieth part of the rows."""

import pandas as pd


def before(table: pd.DataFrame) -> dict[int, float]:
    found: dict[int, float] = {}
    for kind in table["kind"].unique():
        rows = table[table["kind"] == kind]
        found[int(kind)] = float(rows["price"].sum())
    return found


def arguments(n: int) -> tuple[pd.DataFrame]:
    kinds = [i % (n // 40 + 1) for i in range(n)]
    return (pd.DataFrame({"kind": kinds, "price": [i / 4 for i in range(n)]}),)
