"""Words of ten digits, every second one of which ends with a letter."""


def before(words: list[str]) -> int:
    found = 0
    for word in words:
        if all(c.isdigit() for c in word):
            found += 1
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"{i:09}{'a' if i % 2 else '0'}" for i in range(n)],)
