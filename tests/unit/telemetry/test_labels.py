from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish_telemetry.errors import EventError
from burnish_telemetry.events import (
    Accepted,
    AcceptedInPart,
    Dismissed,
    Diverged,
    Event,
    Ignored,
    Superseded,
    Survived,
    TypedThrough,
    Undone,
    WroteInstead,
)
from burnish_telemetry.labels import Label, label, label_all
from tests.unit.telemetry.making import PLACE, accepted, action, at, dismissed, kept, suggested, survived


def after(offer: Event, kind: type[Any], seconds: float, **values: object) -> Any:
    return kind(suggestion=offer.suggestion, place=offer.place, time=at(seconds), **values)


def verdict(*events: Event) -> tuple[str, str]:
    found = label(events)
    return found.verdict, found.reason


OFFER = suggested()


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], ("dropped", "no-outcome")),
        ([accepted(OFFER)], ("dropped", "survival-unknown")),
        ([accepted(OFFER), survived(OFFER, 30, 1.0)], ("dropped", "survival-unknown")),
        ([accepted(OFFER), survived(OFFER, 120, 0.67)], ("desirable", "retained")),
        (
            [accepted(OFFER), survived(OFFER, 30, 0.9), survived(OFFER, 120, 0.66)],
            ("dropped", "retained-in-part"),
        ),
        (
            [accepted(OFFER), survived(OFFER, 30, 0.9), survived(OFFER, 120, 0.2)],
            ("dropped", "rewritten-later"),
        ),
        ([accepted(OFFER), survived(OFFER, 30, 0.32)], ("undesirable", "not-retained")),
        ([accepted(OFFER), survived(OFFER, 30, 0.33)], ("dropped", "survival-unknown")),
        ([accepted(OFFER), after(OFFER, Undone, 4, after_s=2.0)], ("undesirable", "undone")),
        (
            [accepted(OFFER), survived(OFFER, 30, 0.1, changed_by="formatter")],
            ("dropped", "changed-by-formatter"),
        ),
        (
            [accepted(OFFER), survived(OFFER, 120, 1.0, changed_by="outside")],
            ("dropped", "changed-by-outside"),
        ),
        ([accepted(OFFER, 0.2), survived(OFFER, 120, 1.0)], ("desirable", "retained")),
        ([after(OFFER, TypedThrough, 3, visible_ms=3000.0, verbatim=0.8)], ("desirable", "typed-through")),
        ([after(OFFER, TypedThrough, 3, visible_ms=3000.0, verbatim=0.79)], ("dropped", "typed-in-part")),
        ([dismissed(OFFER, 0.75)], ("undesirable", "dismissed")),
        ([dismissed(OFFER, 0.749)], ("dropped", "seen-too-briefly")),
        ([after(OFFER, Diverged, 1, visible_ms=750.0)], ("undesirable", "diverged")),
        ([after(OFFER, Diverged, 1, visible_ms=749.0)], ("dropped", "seen-too-briefly")),
        ([after(OFFER, Superseded, 1, visible_ms=2000.0)], ("dropped", "superseded")),
        ([after(OFFER, Ignored, 1, visible_ms=2000.0, reason="file-closed")], ("dropped", "file-closed")),
        ([after(OFFER, Superseded, 1, visible_ms=2000.0), dismissed(OFFER, 2)], ("dropped", "superseded")),
    ],
)
def test_the_rules(later: list[Event], expected: tuple[str, str]) -> None:
    assert verdict(OFFER, *later) == expected


def test_what_was_never_shown_or_is_too_short_says_nothing() -> None:
    held = suggested(shown=False)
    assert verdict(held, after(held, TypedThrough, 3, visible_ms=0.0, verbatim=1.0)) == (
        "dropped",
        "held-back",
    )
    short = suggested(tokens=2)
    assert verdict(*kept(short)) == ("dropped", "too-short")
    assert verdict(*kept(suggested(tokens=3))) == ("desirable", "retained")


def test_a_part_is_judged_as_a_part() -> None:
    offer = suggested("total = sum(prices)", tokens=8)
    part = after(offer, AcceptedInPart, 1, visible_ms=900.0, characters=8)
    more = after(offer, AcceptedInPart, 2, visible_ms=1900.0, characters=11)
    found = label([offer, part, more, dismissed(offer, 3), survived(offer, 120, 1.0)])
    assert (found.verdict, found.completion) == ("desirable", "total = sum")
    assert verdict(offer, replace(part, characters=3), survived(offer, 120, 1.0)) == ("dropped", "too-short")
    whole = label([offer, part, accepted(offer, 3), survived(offer, 120, 1.0)])
    assert whole.completion == "total = sum(prices)"


def test_code_actions() -> None:
    offer = action()
    taken = accepted(offer)
    assert verdict(offer, taken, survived(offer, 120, 1.0, new_diagnostics=0)) == ("desirable", "retained")
    assert verdict(offer, taken, survived(offer, 120, 1.0, new_diagnostics=1)) == (
        "dropped",
        "new-diagnostics",
    )
    assert verdict(offer, taken, survived(offer, 120, 1.0)) == ("dropped", "diagnostics-unknown")
    assert verdict(offer, taken, after(offer, Undone, 5, after_s=3.0)) == ("undesirable", "undone")


def test_what_was_written_instead_is_a_right_answer() -> None:
    wrote = after(OFFER, WroteInstead, 9, text="total = fsum(prices)")
    assert label([OFFER, dismissed(OFFER), wrote]).supervised == "total = fsum(prices)"
    assert label([OFFER, dismissed(OFFER, 0.1), wrote]).supervised is None
    assert label([OFFER, dismissed(OFFER), replace(wrote, text="  ")]).supervised is None
    assert label([OFFER, dismissed(OFFER), replace(wrote, text=OFFER.text)]).supervised is None
    assert label([*kept(OFFER), wrote]).supervised is None


def test_duplicates_count_once() -> None:
    first, second, elsewhere = suggested(), suggested(seconds=10), suggested(prefix="def other():\n")
    found = list(label_all([kept(first), kept(second), kept(elsewhere)]))
    assert [x.reason for x in found] == ["retained", "duplicate", "retained"]
    # The opposite verdict on the same text is no duplicate.
    third = suggested()
    assert [x.verdict for x in label_all([kept(first), [third, dismissed(third)]])] == [
        "desirable",
        "undesirable",
    ]


def test_events_must_be_of_one_suggestion() -> None:
    for events in (
        [],
        [accepted(OFFER)],
        [OFFER, accepted(suggested())],
        [OFFER, suggested(suggestion=OFFER.suggestion)],
    ):
        with pytest.raises(EventError):
            label(events)


share = st.floats(0, 1)
visible = st.floats(0, 5_000)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    offer = draw(st.sampled_from([suggested(), suggested(tokens=2), suggested(shown=False), action()]))
    kinds: list[st.SearchStrategy[dict[str, Any]]] = [
        st.fixed_dictionaries({"kind": st.just(Accepted), "visible_ms": visible}),
        st.fixed_dictionaries(
            {"kind": st.just(AcceptedInPart), "visible_ms": visible, "characters": st.integers(0, 40)}
        ),
        st.fixed_dictionaries({"kind": st.just(TypedThrough), "visible_ms": visible, "verbatim": share}),
        st.fixed_dictionaries({"kind": st.just(Dismissed), "visible_ms": visible}),
        st.fixed_dictionaries({"kind": st.just(Diverged), "visible_ms": visible}),
        st.fixed_dictionaries({"kind": st.just(Superseded), "visible_ms": visible}),
        st.fixed_dictionaries(
            {"kind": st.just(Ignored), "visible_ms": visible, "reason": st.just("timeout")}
        ),
        st.fixed_dictionaries({"kind": st.just(Undone), "after_s": st.floats(0, 60)}),
        st.fixed_dictionaries({"kind": st.just(WroteInstead), "text": st.text(max_size=5)}),
        st.fixed_dictionaries(
            {
                "kind": st.just(Survived),
                "after_s": st.sampled_from([30, 120, 600]),
                "retained": share,
                "changed_by": st.sampled_from(["", "", "formatter", "outside"]),
                "new_diagnostics": st.sampled_from([None, 0, 1]),
            }
        ),
    ]
    chosen = draw(st.lists(st.one_of(kinds), max_size=6))
    return [
        offer,
        *(after(offer, values.pop("kind"), 1.0 + place, **values) for place, values in enumerate(chosen)),
    ]


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(events: list[Event], rng: random.Random) -> None:
    shuffled = list(events)
    rng.shuffle(shuffled)
    assert label(shuffled) == label(events)


@given(histories())
@settings(max_examples=400)
def test_what_a_label_promises(events: list[Event]) -> None:
    found: Label = label(events)
    kinds = {event.kind for event in events}
    assert found.reason
    assert set(found.events) == {event.id for event in events}
    if found.verdict == "dropped":
        assert (found.completion, found.supervised) == ("", None)
        return
    # A verdict needs something the user did to a suggestion that was shown.
    assert found.offer.display.shown
    assert found.completion.strip()
    assert kinds & {Accepted.kind, AcceptedInPart.kind, TypedThrough.kind, Dismissed.kind, Diverged.kind}
    if found.verdict == "desirable":
        assert found.supervised is None
        assert Undone.kind not in kinds or found.reason == "typed-through"


@given(histories(), share, share)
def test_more_retained_is_never_worse(events: list[Event], one: float, other: float) -> None:
    rank = {"undesirable": 0, "dropped": 1, "desirable": 2}
    low, high = sorted((one, other))

    def with_retained(value: float) -> int:
        return rank[
            label([replace(e, retained=value) if isinstance(e, Survived) else e for e in events]).verdict
        ]

    assert with_retained(low) <= with_retained(high)


@given(histories(), histories())
def test_only_repetition_makes_one_suggestion_matter_to_another(
    first: list[Event], second: list[Event]
) -> None:
    mine = label(second)
    *_, beside = label_all([first, second])
    if beside.reason != "duplicate":
        assert beside == mine


def test_place_is_part_of_what_repeats() -> None:
    there = suggested(place=replace(PLACE, path="shop/other.py"))
    assert [x.verdict for x in label_all([kept(suggested()), kept(there)])] == ["desirable", "desirable"]
