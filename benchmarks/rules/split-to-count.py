"""Paths of twelve parts."""


def before(paths: list[str]) -> int:
    deepest = 0
    for path in paths:
        depth = len(path.split("/")) - 1
        if depth > deepest:
            deepest = depth
    return deepest


def arguments(n: int) -> tuple[list[str]]:
    return (["/".join(f"folder{i % 7}{j}" for j in range(12)) for i in range(n)],)
