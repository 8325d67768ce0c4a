"""A queue that holds all items at first."""

SIZE = 20000


def before(items: list[int]) -> int:
    queue = list(items)
    found = 0
    while queue:
        item = queue.pop(0)
        if item > 100:
            queue.append(item // 2)
        found += item
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
