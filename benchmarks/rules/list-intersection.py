"""Words of which every second one is in the other list."""


def before(first: list[str], second: list[str]) -> list[str]:
    return [word for word in first if word in second]


def arguments(n: int) -> tuple[list[str], list[str]]:
    return [f"word{i}" for i in range(n)], [f"word{i * 2}" for i in range(n)]
