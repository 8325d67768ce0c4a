"""The arithmetic of summaries, on data made by hand."""

from __future__ import annotations

import pytest

from burnish_server.replay.player import Outcome
from burnish_server.replay.summary import Share, Times, percentile, summarise, waits
from burnish_server.replay.trace import Event


def outcome(
    pressed: float,
    answered: float | None,
    *,
    text: str = "",
    exact: bool = False,
    landing: str = "",
    accepted: int = 0,
) -> Outcome:
    event = Event("edit", "a.py", 10.0, (0, 1), "x", (0, 0), (0, 0), "x", "yz", landing)
    return Outcome(0, event, pressed, answered, text=text, wanted="xyz", exact=exact, accepted=accepted)


def test_percentiles_are_interpolated() -> None:
    assert percentile([], 50) == 0
    assert percentile([3.0], 99) == 3
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.5
    assert percentile(list(map(float, range(101))), 95) == 95


def test_shares_have_wilson_intervals() -> None:
    share = Share.of(8, 10)
    assert (share.value, round(share.low, 3), round(share.high, 3)) == (0.8, 0.490, 0.943)
    assert Share.of(0, 0) == Share(0, 0, 0.0, 0.0, 1.0)


def test_a_summary_counts_what_was_answered_shown_exact_and_taken() -> None:
    outcomes = [
        outcome(0.0, 0.010, text="yz", exact=True, accepted=2),
        outcome(1.0, 1.030, text="no"),
        outcome(2.0, 2.020),
        outcome(3.0, None),
    ]
    found = summarise(outcomes)
    assert found.keystrokes == 4
    assert (found.answered.count, found.answered.total) == (3, 4)
    assert (found.shown.count, found.shown.total) == (2, 3)
    assert (found.exact.count, found.exact.total) == (1, 2)
    assert found.accepted_characters == 2
    assert found.typed_characters == 4
    assert found.times.median == pytest.approx(20)
    assert found.shown_times == Times(2, *(pytest.approx(value) for value in (20, 28, 29, 29.8, 30)))
    assert found.failed == 0


def test_a_wait_goes_on_over_overtaken_keys_until_an_answer() -> None:
    outcomes = [outcome(0.0, None), outcome(0.1, None), outcome(0.2, 0.5), outcome(0.6, 0.61)]
    assert [(round(wait or -1), known) for wait, known in waits(outcomes)] == [
        (500, True),
        (400, True),
        (300, True),
        (10, True),
    ]


def test_a_wait_ends_where_the_user_leaves() -> None:
    outcomes = [
        outcome(0.0, None),
        outcome(0.2, None),
        outcome(5.0, 5.05, landing="jump"),
        outcome(6.0, None),
    ]
    found = waits(outcomes)
    assert [known for _, known in found] == [False, False, True, False]
    assert found[0][0] == pytest.approx(5000)
    assert found[2][0] == pytest.approx(50)
    assert found[3] == (None, False)
    assert waits(outcomes, until=6.5)[3] == (pytest.approx(500), False)
