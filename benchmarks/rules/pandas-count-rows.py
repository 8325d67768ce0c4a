"""Half of the rows are counted."""

import pandas as pd


def before(table: pd.DataFrame, limit: int) -> int:
    return len(table[table["number"] > limit])


def arguments(n: int) -> tuple[pd.DataFrame, int]:
    return pd.DataFrame({"number": list(range(n)), "text": [str(i) for i in range(n)]}), n // 2
