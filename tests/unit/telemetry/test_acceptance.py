from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path

import pytest

from burnish_telemetry.acceptance import Shown, compare, shown_since
from burnish_telemetry.events import AcceptedInPart
from burnish_telemetry.intervals import difference, effective, wilson
from burnish_telemetry.statistics import statistics_of
from burnish_telemetry.store import Store
from tests.unit.telemetry.making import START, accepted, at, dismissed, suggested, survived


def shown(adapter: str | None, takes: list[bool], *, apart: float = 400.0) -> list[Shown]:
    return [Shown(number * apart, "m", adapter, False, take) for number, take in enumerate(takes)]


def test_wilson_is_the_textbooks() -> None:
    share = wilson(81, 263)  # Newcombe 1998, table I
    assert (share.value, share.low, share.high) == pytest.approx((0.3080, 0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20).low == 0.0
    assert wilson(0, 20).high == pytest.approx(0.1611, abs=1e-4)
    assert wilson(20, 20).high == 1.0
    assert wilson(0, 0).as_json() == {"value": None, "low": None, "high": None}


def test_the_difference_is_the_textbooks() -> None:
    found = difference((56, 70), (48, 80))  # Newcombe 1998, table II, method 10
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    with pytest.raises(ValueError, match="nothing"):
        difference((0, 0), (1, 2))


def test_cases_that_come_together_count_less() -> None:
    rng = random.Random(1)
    alike = [(rng.random() < 0.3) * 10 for _ in range(40)]
    count, total = effective([(hits, 10) for hits in alike])
    assert 30 < total < 60, "forty clusters of ten like cases are about forty cases"
    assert count / total == pytest.approx(sum(alike) / 400)
    assert effective([(3, 10)] * 40) == (120.0, 400.0), "never more than there are"
    assert effective([]) == (0.0, 0.0)
    assert effective([(0, 0), (1, 2)]) == (1.0, 2.0)
    assert effective([(0, 5), (0, 5)]) == (0.0, 10.0)


def test_the_interval_covers_the_truth_also_for_clusters() -> None:
    """In 95 % of 400 made-up comparisons, give or take what 400 draws allow."""
    rng, inside = random.Random(7), 0
    for _ in range(400):
        sides = []
        for truth in (0.30, 0.25):
            cases = []
            for cluster in range(60):
                own = rng.betavariate(truth * 8, (1 - truth) * 8)
                cases += [Shown(cluster * 300.0 + i, "m", None, False, rng.random() < own) for i in range(8)]
            sides.append(cases)
        found = compare(*sides)
        assert found is not None
        inside += found.difference.low <= 0.05 <= found.difference.high
    assert 0.92 <= inside / 400 <= 0.98


def test_a_comparison_in_words() -> None:
    found = compare(shown("a", [True] * 3 + [False] * 7), shown(None, [True, False]))
    assert found is not None
    assert found.sentence.startswith(
        "30% of 10 suggestions were taken, against 50% of 2 (difference -20.0 points, 95 %"
    )
    assert compare([], shown(None, [True])) is None


def test_what_was_shown_is_read_without_reading_code(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite3"
    assert shown_since(file, 0.0) == []
    offers = [
        suggested(seconds=10 * number, adapter=adapter, shown=number != 3)
        for number, adapter in enumerate([None, "a", "a", "a", "a"])
    ]
    offers[0] = replace(offers[0], display=replace(offers[0].display, comparison=True))
    with Store(file) as store:
        store.append(offers)
        store.append([accepted(offers[0]), accepted(offers[0]), dismissed(offers[1])])
        store.append(
            [
                AcceptedInPart(
                    suggestion=offers[2].suggestion,
                    place=offers[2].place,
                    visible_ms=1.0,
                    characters=3,
                    time=at(25),
                )
            ]
        )
    found = shown_since(file, 0.0)
    assert [(case.adapter, case.comparison, case.accepted) for case in found] == [
        (None, True, True),
        ("a", False, False),
        ("a", False, True),
        ("a", False, False),
    ]
    assert [case.at - START.timestamp() for case in found] == [0.0, 10.0, 20.0, 40.0]
    assert {case.model for case in found} == {"tiny"}
    assert len(shown_since(file, START.timestamp() + 15)) == 2


def test_figures_per_day_and_per_adapter() -> None:
    suggestions = []
    for number, adapter in itertools.product(range(4), (None, "a")):
        offer = suggested(
            f"x_{number}_{adapter} = total(y)", seconds=86_400 * (number % 2) + number, adapter=adapter
        )
        if number == 3:
            offer = replace(offer, display=replace(offer.display, comparison=adapter is None))
        events = [offer, *([accepted(offer)] if number else [])]
        if number > 1:
            events.append(survived(offer, 120, 1.0 if number == 2 else 0.0))
        suggestions.append(tuple(events))
    found = statistics_of(suggestions)
    assert [(day["date"], day["adapter"], day["shown"], day["accepted"]) for day in found.daily()] == [
        ("2026-03-02", None, 2, 1),
        ("2026-03-02", "a", 2, 1),
        ("2026-03-03", None, 2, 2),
        ("2026-03-03", "a", 2, 2),
    ]
    first = found.daily()[0]
    assert first["acceptance"] == wilson(1, 2).as_json()
    assert first["kept"] == wilson(1, 1).as_json()
    assert first["latencyMs"] == {"median": 120.5, "p90": 120.5}
    assert [(row["adapter"], row["shown"]) for row in found.by_adapter()] == [(None, 4), ("a", 4)]
    assert found.by_adapter()[1]["kept"] == wilson(1, 2).as_json()
    assert found.by_adapter()[1]["acceptance"]["value"] == 0.75


def test_an_endpoint_is_not_the_model_alone() -> None:
    offers = [suggested(f"x_{model} = 1", seconds=1) for model in ("tiny", "endpoint:big")]
    offers[1] = replace(offers[1], model="endpoint:big")
    found = statistics_of((offer,) for offer in offers)
    assert {row["adapter"]: row["shown"] for row in found.by_adapter()} == {None: 1, "endpoint:big": 1}
    assert {day["adapter"] for day in found.daily()} == {None, "endpoint:big"}
