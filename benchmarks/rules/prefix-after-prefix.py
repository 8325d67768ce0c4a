"""Names of files, every second one of which has one of three endings."""


def before(names: list[str]) -> int:
    found = 0
    for name in names:
        if name.endswith(".png") or name.endswith(".jpg") or name.endswith(".gif"):
            found += 1
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"file{i}.{('png', 'txt', 'jpg', 'py')[i % 4]}" for i in range(n)],)
