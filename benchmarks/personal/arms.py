"""What every arm answers at the same places, and the figures made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personal.desk import Adapter, Desk, request_at
from personal.developer import Ask

__all__ = ["Answer", "acceptance", "answer_all", "compare", "saved_characters"]

Floats = NDArray[np.float64]
DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Answer:
    """The best text at a place: how sure the pipeline was, whether it is what the author wrote next, and its length."""

    confidence: float
    right: bool
    characters: int
    rest: int

    def as_row(self) -> list[float]:
        """Plain values."""
        return [self.confidence, float(self.right), self.characters, self.rest]


async def answer_all(
    desk: Desk, asks: Sequence[Ask], adapter: Adapter | None, *, memory: bool, tell: Callable[[str], None]
) -> list[Answer]:
    """Ask everywhere with the gate open."""
    await desk.serve(adapter)
    answers = []
    for number, ask in enumerate(asks, 1):
        result = await desk.complete(
            request_at(ask.path, ask.text, ask.offset, None, memory=memory, gate=False)
        )
        text = result.text.rstrip() if result.dropped is None else ""
        confidence = (result.confidence or 0.0) if text else 0.0
        answers.append(Answer(confidence, bool(text) and text == ask.rest, len(text), len(ask.rest)))
        if number % 100 == 0:
            tell(f"{number} of {len(asks)}")
    return answers


def acceptance(rows: Floats, shown: int) -> float:
    """Of the ``shown`` most confident answers (rows: confidence, right, characters, rest), the share that is right."""
    order = np.argsort(-rows[:, 0], kind="stable")[:shown]
    return float(rows[order, 1].mean()) if len(order) else 0.0


def saved_characters(rows: Floats, threshold: float) -> float:
    """Characters taken from suggestions for each one that is typed, over the rests of the lines asked at."""
    taken = (rows[:, 2] * rows[:, 1] * (rows[:, 0] >= threshold)).sum()
    return float(taken / max(1.0, rows[:, 3].sum() - taken))


def compare(
    arms: Mapping[str, Floats], base: str, threshold: float, stretches: Sequence[str], seed: int = 0
) -> dict[str, dict[str, list[float]]]:
    """Figures of each arm with 95 % bootstrap intervals, and their ratios to ``base``'s.

    ``stretches`` has a name for each place; places of one name are drawn together, and alike for all arms.

    Every value is ``[value, low, high]``: ``acceptance``, ``shown``, ``saved``, ``right`` and, against ``base``,
    ``acceptance_ratio``, ``saved_ratio`` and ``right_ratio``; against ``memory``, where there is one, ``acceptance_on_top``,
    ``saved_on_top`` and ``right_on_top`` (differences).
    """
    rng = np.random.default_rng(seed)
    groups: dict[str, list[int]] = {}
    for place, stretch in enumerate(stretches):
        groups.setdefault(stretch, []).append(place)
    members = list(groups.values())
    whole = _figures(arms, base, threshold)
    draws = []
    for _ in range(DRAWS):
        pick = np.concatenate([members[number] for number in rng.integers(0, len(members), len(members))])
        draws.append(_figures({name: rows[pick] for name, rows in arms.items()}, base, threshold))
    return {
        name: {
            figure: [
                value,
                *map(float, np.nanpercentile([draw[name][figure] for draw in draws], [2.5, 97.5])),
            ]
            for figure, value in figures.items()
        }
        for name, figures in whole.items()
    }


def _figures(arms: Mapping[str, Floats], base: str, threshold: float) -> dict[str, dict[str, float]]:
    shown = int((arms[base][:, 0] >= threshold).sum())
    found = {}
    for name, rows in arms.items():
        found[name] = {
            "acceptance": acceptance(rows, shown),
            "shown": float((rows[:, 0] >= threshold).mean()),
            "right": float(rows[:, 1].mean()),
            "saved": saved_characters(rows, threshold),
        }
    for figures in found.values():
        for figure in ("acceptance", "saved", "right"):
            of_base = found[base][figure]
            figures[f"{figure}_ratio"] = figures[figure] / of_base if of_base else float("nan")
            if "memory" in found:
                figures[f"{figure}_on_top"] = figures[figure] - found["memory"][figure]
    return found
