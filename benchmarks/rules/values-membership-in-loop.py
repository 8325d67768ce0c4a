"""Names of which every second one owns something."""


def before(names: list[str], owners: dict[int, str]) -> int:
    found = 0
    for name in names:
        if name in owners.values():
            found += 1
    return found


def arguments(n: int) -> tuple[list[str], dict[int, str]]:
    return [f"name{i}" for i in range(n)], {i: f"name{i * 2}" for i in range(n)}
