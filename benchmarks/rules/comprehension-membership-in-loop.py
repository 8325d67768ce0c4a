"""Words compared with the lower-case form of others."""

SIZE = 500


def before(words: list[str], stop: list[str]) -> int:
    found = 0
    for word in words:
        if word in [other.lower() for other in stop]:
            found += 1
    return found


def arguments(n: int) -> tuple[list[str], list[str]]:
    return [f"word{i}" for i in range(n)], [f"Word{i * 2}" for i in range(n)]
