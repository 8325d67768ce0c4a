"""A list copied to look every word up."""


def before(words: list[str], stop: list[str]) -> int:
    found = 0
    for word in words:
        if word in list(stop):
            found += 1
    return found


def arguments(n: int) -> tuple[list[str], list[str]]:
    return [f"word{i}" for i in range(n)], [f"word{i * 2}" for i in range(n)]
