from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish_telemetry.codec import decode_event, encode_event
from burnish_telemetry.errors import EventError
from burnish_telemetry.events import (
    KINDS,
    AcceptedInPart,
    ContextFile,
    Diverged,
    Event,
    Ignored,
    Place,
    Superseded,
    Survived,
    TypedThrough,
    Undone,
    WroteInstead,
)
from tests.unit.telemetry.making import PLACE, accepted, action, dismissed, suggested, survived


def one_of_each() -> list[Event]:
    offer = suggested(context=(ContextFile("a.py", "x = 1\n"),))
    same: dict[str, Any] = {"suggestion": offer.suggestion, "place": PLACE}
    return [
        offer,
        action(),
        accepted(offer),
        dismissed(offer),
        survived(offer, 30, 0.5, text="now", changed_by="formatter", new_diagnostics=0),
        AcceptedInPart(**same, visible_ms=900.0, characters=4),
        TypedThrough(**same, visible_ms=900.0, verbatim=0.9),
        Diverged(**same, visible_ms=900.0, matched=2),
        Superseded(**same, visible_ms=900.0, by="other"),
        Ignored(**same, visible_ms=900.0, reason="focus-lost"),
        Undone(**same, after_s=3.0),
        WroteInstead(**same, text="x = 2", after_s=4.0),
    ]


def test_every_kind_survives_the_journey() -> None:
    events = one_of_each()
    assert {event.kind for event in events} == set(KINDS)
    for event in events:
        text = encode_event(event)
        assert decode_event(text) == event
        assert text.isascii()
        assert "\n" not in text


@given(st.text(), st.text(), st.text(), st.floats(-50, 0), st.datetimes(timezones=st.just(UTC)))
def test_any_text_survives_the_journey(
    prefix: str, typed: str, text: str, logprob: float, time: datetime
) -> None:
    event = replace(suggested(text, prefix=prefix, typed=typed), mean_logprob=logprob, time=time)
    assert decode_event(encode_event(event)) == event


def test_half_a_surrogate_pair_survives() -> None:
    event = suggested("half \ud83d of a pair")
    assert decode_event(encode_event(event)) == event


def test_times_are_utc() -> None:
    event = replace(suggested(), time=datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=2))))
    assert '"time":"2026-03-02T08:00:00.000000Z"' in encode_event(event)
    with pytest.raises(EventError, match="zone"):
        encode_event(replace(event, time=datetime(2026, 3, 2)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": "3"}, "expected int, got str @ event.tokens"),
        ({"tokens": True}, "expected int, got bool @ event.tokens"),
        ({"tokens": -1}, "tokens must not be negative"),
        ({"surprise": 1}, "surprise"),
        ({"kind": "guess"}, "kind must be one of suggested"),
        ({"schema": 2}, "version 2.*Update Burnish"),
        ({"schema": 0}, "schema must be 1"),
        ({"time": "yesterday"}, "ISO 8601"),
        ({"time": "2026-03-02T08:00:00"}, "zone"),
        ({"display": {}}, "'shown' is missing"),
        ({"prompt": {"prefix": 3, "typed": "", "suffix": ""}}, "event.prompt.prefix"),
        ({"prompt": None}, "event.prompt"),
        ({"prompt": []}, "event.prompt"),
        ({"sampling": []}, "event.sampling"),
        ({"suggestion": ""}, "must not be empty"),
    ],
)
def test_what_is_malformed_is_named(change: dict[str, object], message: str) -> None:
    document = json.loads(encode_event(suggested())) | change
    with pytest.raises(EventError, match=message):
        decode_event(json.dumps(document))


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "{", '{"kind": "suggested"}', "nonsense", b"\xff", "[" * 100_000]
)
def test_what_is_no_event_is_refused(text: str | bytes) -> None:
    with pytest.raises(EventError):
        decode_event(text)


def test_a_message_does_not_repeat_recorded_code() -> None:
    document = json.loads(encode_event(suggested("TOP SECRET CODE"))) | {"tokens": "TOP SECRET CODE"}
    with pytest.raises(EventError) as caught:
        decode_event(json.dumps(document))
    assert "TOP SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "event",
    [
        Survived(suggestion="s", place=PLACE, after_s=30, retained=1.5),
        Survived(suggestion="s", place=PLACE, after_s=31, retained=1.0),  # type: ignore[arg-type]
        Survived(suggestion="s", place=PLACE, after_s=30, retained=float("nan")),
        TypedThrough(suggestion="s", place=PLACE, visible_ms=float("inf"), verbatim=1.0),
        WroteInstead(suggestion="s", place=PLACE, text=None),  # type: ignore[arg-type]
        WroteInstead(suggestion="s", place=Place("", 3), text=""),  # type: ignore[arg-type]
        WroteInstead(suggestion="s", place=None, text=""),  # type: ignore[arg-type]
        replace(suggested(), display=replace(suggested().display, confidence=float("nan"))),
        replace(suggested(), time="now"),  # type: ignore[arg-type]
    ],
)
def test_what_could_not_be_read_back_is_not_written(event: Event) -> None:
    with pytest.raises(EventError):
        encode_event(event)
