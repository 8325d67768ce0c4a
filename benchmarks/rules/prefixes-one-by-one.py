"""Names of which every eighth one has one of eight prefixes."""


def before(names: list[str], prefixes: tuple[str, ...]) -> int:
    found = 0
    for name in names:
        if any(name.startswith(prefix) for prefix in prefixes):
            found += 1
    return found


def arguments(n: int) -> tuple[list[str], tuple[str, ...]]:
    return [f"{'test' if i % 8 == 0 else 'name'}_{i}" for i in range(n)], tuple("._#~") + (
        "tmp",
        "old",
        "bak",
        "test",
    )
