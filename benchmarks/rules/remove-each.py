"""Lines of which a third are blank."""


def before(lines: list[str]) -> None:
    while "" in lines:
        lines.remove("")


def arguments(n: int) -> tuple[list[str]]:
    return ["" if i % 3 == 0 else f"line {i}" for i in range(n)],
