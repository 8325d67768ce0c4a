"""The ways up some steps; a fresh number of steps each time would find nothing remembered, so that the results are asked for once."""


def before(count: int) -> list[int]:
    def ways(steps: int) -> int:
        if steps < 2:
            return 1
        return ways(steps - 1) + ways(steps - 2)

    return [ways(steps) for steps in range(count)]


SIZE = 16


def arguments(n: int) -> tuple[int]:
    return (n,)
