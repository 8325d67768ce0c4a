"""Pairs by their first part."""


def before(pairs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return sorted(pairs, key=lambda pair: pair[0])


def arguments(n: int) -> tuple[list[tuple[int, str]]]:
    return ([(i * 7919 % 100003, f"name{i}") for i in range(n)],)
