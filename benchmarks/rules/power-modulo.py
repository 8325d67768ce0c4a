"""Powers and their remainders, to exponents as high as the size."""


def before(base: int, count: int) -> list[int]:
    return [base**n % 1000003 for n in range(count)]


def arguments(n: int) -> tuple[int, int]:
    return 3, n
