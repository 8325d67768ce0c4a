"""Words, the first of which is long."""


def before(words: list[str], least: int) -> bool:
    return any([len(word) > least for word in words])


def arguments(n: int) -> tuple[list[str], int]:
    return ["a long word", *(f"word{i}" for i in range(n))], 10
