"""Days, written in full."""

from datetime import datetime


def before(lines: list[str]) -> list[datetime]:
    return [datetime.strptime(line, "%Y-%m-%d") for line in lines]


def arguments(n: int) -> tuple[list[str]]:
    return ([f"2024-{i % 12 + 1:02}-{i % 28 + 1:02}" for i in range(n)],)
