"""Which numbers are prime."""


def before(limit: int) -> list[int]:
    found = []
    for number in range(2, limit):
        for divisor in range(2, number):
            if number % divisor == 0:
                break
        else:
            found.append(number)
    return found


def arguments(n: int) -> tuple[int]:
    return (n,)
