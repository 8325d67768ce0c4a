"""A stack that is used up."""


def before(numbers: list[int]) -> int:
    stack = list(numbers)
    found = 0
    while stack:
        found += stack[-1]
        stack = stack[:-1]
    return found


def arguments(n: int) -> tuple[list[int]]:
    return [i * 7919 % 1000 for i in range(n)],
