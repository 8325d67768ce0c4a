"""Numbers at the beginning of lines."""

import re


def before(lines: list[str]) -> int:
    found = 0
    for line in lines:
        if re.match(r"\s*\d+", line):
            found += 1
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"{i} apples" if i % 2 else "apples" for i in range(n)],)
