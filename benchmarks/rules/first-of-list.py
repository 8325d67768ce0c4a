"""Words, most of which are long."""


def before(words: list[str]) -> str:
    return [word for word in words if len(word) > 5][0]


def arguments(n: int) -> tuple[list[str]]:
    return [*(f"word{i}" for i in range(n)), "a long word"],
