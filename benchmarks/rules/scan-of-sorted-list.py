"""How many marks lie below each of some."""

from random import Random


def before(marks: list[int], asked: list[int]) -> list[int]:
    ordered = sorted(marks)
    return [sum(1 for mark in ordered if mark < value) for value in asked]


SIZE = 1000


def arguments(n: int) -> tuple[list[int], list[int]]:
    return Random(0).choices(range(100003), k=n), [i * 101 % 100003 for i in range(n)]
