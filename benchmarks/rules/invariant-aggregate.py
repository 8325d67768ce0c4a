"""Values between nothing and one, by their own maximum."""


def before(values: list[float]) -> list[float]:
    result = []
    for value in values:
        result.append(value / max(values))
    return result


def arguments(n: int) -> tuple[list[float]]:
    return ([float(i * 7919 % n) + 1.0 for i in range(n)],)
