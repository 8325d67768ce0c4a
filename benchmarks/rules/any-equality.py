"""Words looked for in a list, by hand, where the last one is there."""


def before(word: str, words: list[str]) -> bool:
    return any(word == other for other in words)


def arguments(n: int) -> tuple[str, list[str]]:
    return f"word{n - 1}", [f"word{i}" for i in range(n)]
