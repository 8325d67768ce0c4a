"""Plain text replaced in lines."""

import re


def before(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        found.append(re.sub(r"\.\.", ".", line))
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"line {i}.. and more" for i in range(n)],)
