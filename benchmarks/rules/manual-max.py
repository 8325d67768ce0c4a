"""Words."""


def before(words: list[str]) -> int:
    width = 0
    for word in words:
        width = max(width, len(word))
    return width


def arguments(n: int) -> tuple[list[str]]:
    return [f"word{i}" for i in range(n)],
