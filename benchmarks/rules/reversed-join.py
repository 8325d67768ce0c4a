"""One text."""


def before(text: str) -> str:
    return "".join(reversed(text))


def arguments(n: int) -> tuple[str]:
    return (("the quick brown fox " * (n // 20 + 1))[:n],)
