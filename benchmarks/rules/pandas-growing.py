"""Tables of one row."""

import pandas as pd

SIZE = 200


def before(parts: list[pd.DataFrame]) -> pd.DataFrame:
    result = pd.DataFrame({"number": [0], "text": ["x"]})
    for part in parts:
        result = pd.concat([result, part], ignore_index=True)
    return result


def arguments(n: int) -> tuple[list[pd.DataFrame]]:
    return ([pd.DataFrame({"number": [i], "text": [str(i)]}) for i in range(n)],)
