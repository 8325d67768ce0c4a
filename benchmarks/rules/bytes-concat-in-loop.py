"""Blocks of 16 bytes."""


def before(blocks: list[bytes]) -> bytes:
    data = b""
    for block in blocks:
        data += block
    return data


def arguments(n: int) -> tuple[list[bytes]]:
    return [bytes(range(16)) for _ in range(n)],
