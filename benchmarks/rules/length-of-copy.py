"""A dictionary."""


def before(index: dict[str, int]) -> int:
    return len(list(index.keys()))


def arguments(n: int) -> tuple[dict[str, int]]:
    return {f"word{i}": i for i in range(n)},
