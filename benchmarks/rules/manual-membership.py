"""Words, the wanted one last."""


def before(words: list[str], wanted: str) -> bool:
    for word in words:
        if word == wanted:
            return True
    return False


def arguments(n: int) -> tuple[list[str], str]:
    return [f"word{i}" for i in range(n)], f"word{n - 1}"
