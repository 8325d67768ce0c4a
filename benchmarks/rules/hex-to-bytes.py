"""Two digits for every byte."""


def before(digits: str) -> bytes:
    return bytes(int(digits[i : i + 2], 16) for i in range(0, len(digits), 2))


def arguments(n: int) -> tuple[str]:
    return ("".join(f"{i * 7 % 256:02x}" for i in range(n)),)
