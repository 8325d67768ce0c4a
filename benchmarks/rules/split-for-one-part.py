"""The first fields of lines with twenty fields."""


def before(lines: list[str]) -> list[str]:
    return [line.split(",")[0] for line in lines]


def arguments(n: int) -> tuple[list[str]]:
    return ([",".join(f"field{i + j}" for j in range(20)) for i in range(n)],)
