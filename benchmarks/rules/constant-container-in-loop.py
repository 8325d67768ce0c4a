"""Words looked up in five that are written in the loop."""


def before(words: list[str]) -> int:
    found = 0
    for word in words:
        if word in set(["a", "an", "the", "of", "in"]):
            found += 1
    return found


def arguments(n: int) -> tuple[list[str]]:
    return (["the" if i % 3 else f"word{i}" for i in range(n)],)
