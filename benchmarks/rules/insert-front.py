"""The way from a leaf of a degenerate tree to its root."""


def before(parents: dict[int, int], node: int) -> list[int]:
    found = []
    while node in parents:
        found.insert(0, node)
        node = parents[node]
    return found


def arguments(n: int) -> tuple[dict[int, int], int]:
    return {i: i - 1 for i in range(1, n)}, n - 1
