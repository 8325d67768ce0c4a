"""Characters below 256."""


def before(text: str) -> bytes:
    return bytes(ord(character) for character in text)


def arguments(n: int) -> tuple[str]:
    return ("".join(chr(i * 7 % 256) for i in range(n)),)
