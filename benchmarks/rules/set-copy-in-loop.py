"""The beginnings of words, every one of them new."""


def before(words: list[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        found = found | {word[:12]}
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"word{i}" for i in range(n)],)
