"""Two runs of bytes of the same length."""


def before(one: bytes, other: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(one, other))


def arguments(n: int) -> tuple[bytes, bytes]:
    return bytes(i * 7 % 256 for i in range(n)), bytes(i * 5 % 256 for i in range(n))
