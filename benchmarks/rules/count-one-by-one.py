"""A text of which every fifth character is counted."""


def before(text: str) -> int:
    found = 0
    for character in text:
        if character == ",":
            found += 1
    return found


def arguments(n: int) -> tuple[str]:
    return ("".join("," if i % 5 == 0 else "x" for i in range(n)),)
