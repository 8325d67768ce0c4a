"""A line that ends with as many blanks as it has characters."""


def before(line: str) -> str:
    while line.endswith(" "):
        line = line[:-1]
    return line


def arguments(n: int) -> tuple[str]:
    return ("x" * (n // 2) + " " * (n - n // 2),)
