"""Words."""


def before(words: list[str]) -> dict[str, int]:
    return dict((word, len(word)) for word in words)


def arguments(n: int) -> tuple[list[str]]:
    return [f"word{i}" for i in range(n)],
