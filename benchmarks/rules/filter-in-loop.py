"""The sales of every person; each has a few."""

SIZE = 500


def before(people: list[str], sales: list[tuple[str, int]]) -> list[int]:
    return [sum([sale[1] for sale in sales if sale[0] == person]) for person in people]


def arguments(n: int) -> tuple[list[str], list[tuple[str, int]]]:
    return [f"person{i}" for i in range(n // 2)], [(f"person{i % (n // 2)}", i) for i in range(n)]
