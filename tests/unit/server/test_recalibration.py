"""Confidence corrected by the user's own outcomes."""

from __future__ import annotations

import random

import pytest

from burnish_server.completion.recalibration import LEAST_OUTCOMES, Outcome, Recalibration, floored_threshold


def drawn(count: int, share: float, seed: int = 1) -> list[Outcome]:
    chance = random.Random(seed)
    return [Outcome(c, chance.random() < c * share) for c in (chance.random() for _ in range(count))]


def test_too_few_outcomes_change_nothing() -> None:
    assert Recalibration.fit([Outcome(0.9, False)] * (LEAST_OUTCOMES - 1)).apply(0.9) == 0.9
    assert Recalibration.fit([Outcome(0.9, False)] * LEAST_OUTCOMES).apply(0.9) < 0.5


@pytest.mark.parametrize("seed", range(20))
def test_monotone_and_within_bounds(seed: int) -> None:
    fitted = Recalibration.fit(drawn(300, 0.6, seed))
    values = [fitted.apply(i / 1000) for i in range(-5, 1006)]
    assert values == sorted(values)
    assert 0.0 <= values[0] <= values[-1] <= 1.0
    assert fitted.apply(float("nan")) == 0.0


def test_learns_a_share_that_differs_from_the_models() -> None:
    assert Recalibration.fit(drawn(4_000, 0.5)).apply(0.8) == pytest.approx(0.4, abs=0.12)


def test_forgets() -> None:
    old, new = [Outcome(0.7, False)] * 1_000, [Outcome(0.7, True)] * 1_000
    assert Recalibration.fit(old + new).apply(0.7) > 0.9
    assert Recalibration.fit(new + old).apply(0.7) < 0.3


def test_floor_lowers_but_never_raises() -> None:
    recent = [i / 100 for i in range(100)]
    threshold = floored_threshold(recent, 0.99, 0.2)
    assert sum(value >= threshold for value in recent) == 20
    assert floored_threshold(recent, 0.5, 0.2) == 0.5
    assert floored_threshold(recent[:5], 0.99, 0.2) == 0.99
