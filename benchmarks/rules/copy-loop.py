"""Rows of ten numbers."""


def before(rows: list[list[int]]) -> list[int]:
    found = []
    for row in rows:
        for value in row:
            found.append(value)
    return found


def arguments(n: int) -> tuple[list[list[int]]]:
    return [list(range(i, i + 10)) for i in range(n // 10)],
