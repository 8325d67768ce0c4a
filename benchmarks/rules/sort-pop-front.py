"""Sizes in no order."""

SIZE = 500


def before(sizes: list[int]) -> int:
    heap = list(sizes)
    cost = 0
    while len(heap) > 1:
        heap.sort()
        one = heap.pop(0)
        heap.sort()
        other = heap.pop(0)
        cost += one + other
        heap.append(one + other)
    return cost


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
