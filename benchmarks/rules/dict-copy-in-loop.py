"""The lengths of words, every one of them new."""


def before(words: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found = {**found, word: len(word)}
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"word{i}" for i in range(n)],)
