"""When an adapter is promoted, and what the user is told."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from burnish_training.gate.cases import GateCase
from burnish_training.gate.compare import paired_bootstrap
from burnish_training.gate.decide import Comparison, decide
from burnish_training.gate.measures import (
    Figures,
    common_beginning,
    edit_similarity,
    figures_of,
    price_of_wrong,
)
from burnish_training.gate.stack import Answer

PLAIN = Figures(
    exact=0.0,
    similarity=0.5,
    kept=0.3,
    shown=1.0,
    right=0.0,
    worth=0.2,
    valid=1.0,
    length=20.0,
    repeats=0.0,
    latency_ms=100.0,
)
CASES = 200
CLUSTERS = [f"file{n // 10}" for n in range(CASES)]


def answers(seed: int, **change: float) -> list[Figures]:
    """Noisy figures; ``change`` is added to every one."""
    noise = random.Random(seed)
    base = random.Random(99)
    found = []
    for _ in range(CASES):
        own = replace(PLAIN, kept=base.random(), latency_ms=80 + 40 * noise.random())
        found.append(replace(own, **{name: getattr(own, name) + by for name, by in change.items()}))
    return found


def comparison(
    candidate: list[Figures], *, incumbent: list[Figures] | None = None, general: float = 1.0
) -> Comparison:
    nats = {"base": [100.0, 120.0, 90.0], "candidate": [100.0 * general, 120.0 * general, 90.0 * general]}
    figures = {"base": answers(1), "candidate": candidate}
    if incumbent is not None:
        figures["incumbent"] = incumbent
        nats["incumbent"] = nats["base"]
    return Comparison(figures, CLUSTERS, nats, [300, 360, 270], resamples=1000)


def test_a_clear_gain_is_promoted() -> None:
    decision = decide(comparison(answers(2, kept=0.05)))
    assert decision.promoted
    assert decision.reason.startswith("Promoted: on 200 lines that it had never seen")
    kept = next(metric for metric in decision.metrics if metric.name == "kept")
    assert kept.difference == pytest.approx(0.05)
    assert kept.verdict == "better"
    assert decision.as_json()["decision"] == "promoted"


def test_more_worth_is_a_gain_too_and_neither_may_get_clearly_worse() -> None:
    worth = decide(comparison(answers(2, worth=0.05)))
    assert worth.promoted
    assert (
        "what it would show is worth more: right ones less wrong ones are 25.0% instead of 20.0%"
        in worth.reason
    )
    assert "characters right" not in worth.reason
    both = decide(comparison(answers(2, worth=0.05, kept=0.05)))
    assert "characters right" in both.reason
    for change, word in (
        ({"worth": 0.05, "kept": -0.05}, "clearly less of your lines"),
        ({"worth": -0.05, "kept": 0.05}, "clearly more often wrong"),
    ):
        mixed = decide(comparison(answers(2, **change)))
        assert not mixed.promoted
        assert word in mixed.reason
    over_a_bad_one = decide(comparison(answers(2, worth=-0.1), incumbent=answers(3, worth=-0.2)))
    assert not over_a_bad_one.promoted


def test_no_clear_gain_keeps_what_is_served() -> None:
    same = decide(comparison(answers(2)))
    assert not same.promoted
    assert "not clearly better than the model without it" in same.reason
    worse = decide(comparison(answers(2, kept=-0.05)))
    assert "worse than the model without it" in worse.reason
    assert worse.reason.endswith("What you had stays in use.")


def test_it_must_be_better_than_the_incumbent_and_than_the_base() -> None:
    better_than_base = answers(2, kept=0.05)
    assert not decide(comparison(better_than_base, incumbent=answers(3, kept=0.05))).promoted
    refused = decide(comparison(better_than_base, incumbent=answers(3, kept=0.1)))
    assert "what is served today" in refused.reason
    assert decide(comparison(better_than_base, incumbent=answers(3, kept=0.01))).promoted
    beats_a_bad_one = decide(comparison(answers(2, kept=-0.02), incumbent=answers(3, kept=-0.2)))
    assert not beats_a_bad_one.promoted
    assert "the model without any adapter" in beats_a_bad_one.reason


@pytest.mark.parametrize(
    ("change", "general", "word"),
    [
        ({}, 1.03, "general Python"),
        ({}, float("nan"), "general Python"),
        ({"valid": -0.06}, 1.0, "broken syntax"),
        ({"length": -12.0}, 1.0, "much shorter"),
        ({"length": 30.0}, 1.0, "much longer"),
        ({"latency_ms": 60.0}, 1.0, "more slowly"),
    ],
)
def test_harm_outweighs_any_gain(change: dict[str, float], general: float, word: str) -> None:
    decision = decide(comparison(answers(2, kept=0.1, **change), general=general))
    assert not decision.promoted
    assert decision.reason.startswith("Refused: ")
    assert word in decision.reason


def test_equal_adapters_are_rarely_promoted() -> None:
    """The rule's error: noise alone must not pass, at the stated level."""
    rng = np.random.default_rng(0)
    passed = 0
    for trial in range(200):
        first, second = rng.normal(0.3, 0.2, (2, 120)).tolist()
        found = paired_bootstrap(first, second, [str(n) for n in range(120)], resamples=500, seed=trial)
        passed += found.low > 0
    assert passed <= 12


def test_the_bootstrap_draws_whole_clusters() -> None:
    """Ten copies of twenty cases say no more than twenty cases."""
    rng = np.random.default_rng(1)
    first, second = rng.normal(0, 1, (2, 20)).tolist()
    alone = paired_bootstrap(first, second, [str(n) for n in range(20)], resamples=2000)
    names = [str(n % 20) for n in range(200)]
    copied = paired_bootstrap(first * 10, second * 10, names, resamples=2000)
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=0.1)
    with pytest.raises(ValueError, match="same cases"):
        paired_bootstrap([], [], [], resamples=10)


def case(truth: str, rejected: str = "") -> GateCase:
    return GateCase("/w", "a.py", "x = \n", 0, 4, truth, "line", "a", rejected)


def test_figures_of_an_answer() -> None:
    whole = figures_of(case("sum(prices)"), Answer("sum(prices)\nmore", 0.9, 12.0), 0.5)
    assert (whole.exact, whole.kept, whole.similarity, whole.shown, whole.right, whole.worth) == (1,) * 6
    wrong = figures_of(case("sum(prices)"), Answer("sum(rows)", 0.9, 12.0), 0.2)
    assert (wrong.right, wrong.worth) == (0, -0.25)
    assert figures_of(case("sum(prices)"), Answer("sum(rows)", 0.9, 12.0), 0.8).worth == -1
    assert [price_of_wrong(threshold) for threshold in (0.0, 0.5, 1.0)] == [0, 1, 1]
    part = figures_of(case("sum(prices)"), Answer("sum(rows)", 0.2, 12.0), 0.5)
    assert part.kept == pytest.approx(4 / 11)
    assert (part.exact, part.shown, part.right, part.worth) == (0, 0, 0, 0)
    none = figures_of(case("sum(prices)"), Answer("", None, 12.0, "syntax"), 0.5)
    assert (none.kept, none.valid, none.shown) == (0, 0, 0)
    again = figures_of(case("sum(prices)", "max(prices)"), Answer("max(prices)", 0.9, 1.0), 0.5)
    assert again.repeats == 1
    assert figures_of(case("sum(prices)", "sum(prices)"), Answer("sum(prices)", 0.9, 1.0), 0.5).repeats == 0


def test_edit_similarity() -> None:
    assert edit_similarity("", "") == 1
    assert edit_similarity("abc", "") == 0
    assert edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert edit_similarity("x" * 5000, "y" * 5000) == 0
    assert common_beginning("abcd", "abxd") == 2


@pytest.mark.parametrize("places", [6, 12])
def test_few_places_do_not_make_it_sure_of_nothing(places: int) -> None:
    """A handful of places alike by chance would pass far too often with plain percentiles: 7 % of the time with six."""
    rng = np.random.default_rng(places)
    passed = 0
    for trial in range(400):
        second = rng.normal(0, 1, places).tolist()
        found = paired_bootstrap(
            [0.0] * places, second, [str(n) for n in range(places)], resamples=500, seed=trial
        )
        passed += found.low > 0
    assert passed <= 20


def test_too_few_places_are_refused_whatever_they_show() -> None:
    gained = answers(2, kept=0.2)
    few = replace(comparison(gained), clusters=[f"file{n % 5}" for n in range(CASES)])
    decision = decide(few)
    assert not decision.promoted
    assert "only 5 places" in decision.reason
    assert decide(replace(few, clusters=[f"file{n % 6}" for n in range(CASES)])).promoted
