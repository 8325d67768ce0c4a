"""Words seen before; every word is there twice."""


def before(words: list[str]) -> int:
    seen = []
    again = 0
    for word in words:
        if word in seen:
            again += 1
        else:
            seen.append(word)
    return again


def arguments(n: int) -> tuple[list[str]]:
    return ([f"word{i % (n // 2)}" for i in range(n)],)
