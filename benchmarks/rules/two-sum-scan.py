"""Two numbers of a list, of which no two have the sum."""

SIZE = 500


def before(numbers: list[int], total: int) -> tuple[int, int] | None:
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] + numbers[j] == total:
                return i, j
    return None


def arguments(n: int) -> tuple[list[int], int]:
    return [i * 2 for i in range(n)], 2 * n + 1
