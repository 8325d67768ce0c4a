"""Pairs by their first part."""

from random import Random


def before(pairs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return sorted(pairs, key=lambda pair: pair[0])


def arguments(n: int) -> tuple[list[tuple[int, str]]]:
    return ([(number, f"name{number}") for number in Random(0).choices(range(100003), k=n)],)
