"""Where every second name of a list is in another."""


def before(names: list[str], order: list[str]) -> list[int]:
    return [order.index(name) for name in names]


def arguments(n: int) -> tuple[list[str], list[str]]:
    return [f"name{i * 2}" for i in range(n // 2)], [f"name{i}" for i in range(n)]
