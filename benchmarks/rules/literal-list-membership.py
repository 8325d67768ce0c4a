"""The vowels of a text."""


def before(text: str) -> int:
    found = 0
    for letter in text:
        if letter in ("a", "e", "i", "o", "u"):
            found += 1
    return found


def arguments(n: int) -> tuple[str]:
    return ("the quick brown fox jumps over the lazy dog " * (n // 44 + 1),)
