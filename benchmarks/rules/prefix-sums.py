"""The sum of what stands before each value."""


def before(values: list[int]) -> list[int]:
    return [sum(values[:place]) for place in range(len(values))]


def arguments(n: int) -> tuple[list[int]]:
    return ([i % 100 for i in range(n)],)
