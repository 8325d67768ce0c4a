"""Numbers in no order, taken out from the greatest."""


def before(values: list[int]) -> list[int]:
    left = list(values)
    ordered = []
    while left:
        best = max(left)
        left.remove(best)
        ordered.append(best)
    return ordered


def arguments(n: int) -> tuple[list[int]]:
    return ([i * 7919 % 100003 for i in range(n)],)
