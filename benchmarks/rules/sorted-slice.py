"""The five best of many scores in no order."""

def before(scores: list[int]) -> list[int]:
    return sorted(scores, reverse=True)[:5]


def arguments(n: int) -> tuple[list[int]]:
    return ([i * 7919 % 100003 for i in range(n)],)
