"""A matrix of two hundred rows, nearly diagonal; the results are compared to the ninth digit."""

import numpy as np

SIZE = 200


def before(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    solution = np.linalg.inv(matrix) @ right
    return np.round(solution, 9)


def arguments(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.eye(n) * 8.0 + np.eye(n, k=1) * 2.0, np.arange(n) / 4.0 + 1.0
