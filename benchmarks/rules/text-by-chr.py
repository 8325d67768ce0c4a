"""Bytes of every value."""


def before(data: bytes) -> str:
    return "".join(chr(byte) for byte in data)


def arguments(n: int) -> tuple[bytes]:
    return (bytes(i * 7 % 256 for i in range(n)),)
