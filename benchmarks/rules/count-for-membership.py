"""Lists in which the word stands in the middle."""


def before(rows: list[list[str]], word: str) -> int:
    found = 0
    for row in rows:
        if row.count(word) > 0:
            found += 1
    return found


def arguments(n: int) -> tuple[list[list[str]], str]:
    return [[f"word{j}" for j in range(40)] for _ in range(n)], "word20"
