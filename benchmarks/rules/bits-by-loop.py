"""One number of as many bits as the size."""


def before(number: int) -> int:
    found = 0
    while number:
        found += number & 1
        number >>= 1
    return found


def arguments(n: int) -> tuple[int]:
    return (3**n >> n // 2,)
