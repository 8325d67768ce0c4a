"""Words that are there twice."""


def before(words: list[str]) -> list[str]:
    found = []
    for word in words:
        if word not in found:
            found.append(word)
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"word{i % (n // 2)}" for i in range(n)],)
