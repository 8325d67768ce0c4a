"""One text."""


def before(text: str) -> str:
    result = ""
    for character in text:
        result = character + result
    return result


def arguments(n: int) -> tuple[str]:
    return (("the quick brown fox " * (n // 20 + 1))[:n],)
