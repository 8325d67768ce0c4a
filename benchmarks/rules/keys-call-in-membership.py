"""Words of which every second one is a key."""


def before(words: list[str], places: dict[str, int]) -> int:
    found = 0
    for word in words:
        if word in places.keys():
            found += 1
    return found


def arguments(n: int) -> tuple[list[str], dict[str, int]]:
    return [f"word{i}" for i in range(n)], {f"word{i * 2}": i for i in range(n)}
