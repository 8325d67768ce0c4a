"""How many marks lie below each of some."""


def before(marks: list[int], asked: list[int]) -> list[int]:
    ordered = sorted(marks)
    return [sum(1 for mark in ordered if mark < value) for value in asked]


SIZE = 1000


def arguments(n: int) -> tuple[list[int], list[int]]:
    return [i * 7919 % 100003 for i in range(n)], [i * 101 % 100003 for i in range(n)]
