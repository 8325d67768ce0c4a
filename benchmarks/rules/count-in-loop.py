"""Words that are there more than once; every word is there twice."""


def before(words: list[str]) -> list[str]:
    return [word for word in words if words.count(word) > 1]


def arguments(n: int) -> tuple[list[str]]:
    return ([f"word{i % (n // 2)}" for i in range(n)],)
