"""Words and what stands between."""


def before(words: list[str]) -> str:
    text = ""
    for word in words:
        text = text + word
        text += ", "
    return text


def arguments(n: int) -> tuple[list[str]]:
    return [f"word{i}" for i in range(n)],
