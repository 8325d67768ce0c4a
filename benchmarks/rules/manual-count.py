"""Words of which each is there ten times."""


def before(words: list[str]) -> dict[str, int]:
    found = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"word{i % (n // 10)}" for i in range(n)],)
