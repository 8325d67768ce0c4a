"""Events for tests, short to write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.events import (
    Accepted,
    ActionOffered,
    ContextFile,
    Dismissed,
    Display,
    Event,
    Place,
    Prompt,
    Sampling,
    Suggested,
    Survived,
    new_id,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLACE = Place("/home/ada/shop", "shop/prices.py")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def suggested(
    text: str = "total = sum(prices)",
    *,
    suggestion: str | None = None,
    typed: str = "    ",
    prefix: str = "def total(prices):\n",
    suffix: str = "\n    return total\n",
    context: tuple[ContextFile, ...] = (),
    place: Place = PLACE,
    seconds: float = 0.0,
    shown: bool = True,
    tokens: int = 6,
    adapter: str | None = None,
) -> Suggested:
    return Suggested(
        suggestion=suggestion or new_id(),
        place=place,
        client="test 1.0",
        time=at(seconds),
        prompt=Prompt(prefix, typed, suffix, path=place.path, repository="shop", context=context),
        text=text,
        model="tiny",
        adapter=adapter,
        sampling=Sampling(max_tokens=64),
        tokens=tokens,
        mean_logprob=-0.25,
        latency_ms=120.5,
        display=Display(shown, "" if shown else "low-confidence", confidence=0.7, threshold=0.5),
    )


def action(*, suggestion: str | None = None, seconds: float = 0.0) -> ActionOffered:
    return ActionOffered(
        suggestion=suggestion or new_id(),
        place=PLACE,
        time=at(seconds),
        rule="list-membership",
        title="Use a set",
        before="x in [1, 2]",
        after="x in {1, 2}",
        verdict="equivalent",
        speedup=3.5,
        latency_ms=10.0,
        display=Display(True),
    )


def accepted(offer: Event, seconds: float = 2.0) -> Accepted:
    return Accepted(
        suggestion=offer.suggestion, place=offer.place, time=at(seconds), visible_ms=seconds * 1000
    )


def dismissed(offer: Event, seconds: float = 2.0) -> Dismissed:
    return Dismissed(
        suggestion=offer.suggestion, place=offer.place, time=at(seconds), visible_ms=seconds * 1000
    )


def survived(offer: Event, after_s: int, retained: float, **more: object) -> Survived:
    event = Survived(
        suggestion=offer.suggestion,
        place=offer.place,
        time=at(2 + after_s),
        after_s=after_s,  # type: ignore[arg-type]
        retained=retained,
    )
    return replace(event, **more)  # type: ignore[arg-type]


def kept(offer: Event) -> list[Event]:
    """A suggestion taken and kept."""
    return [offer, accepted(offer), survived(offer, 30, 1.0), survived(offer, 120, 1.0)]


def agree(home: Path) -> ConsentFile:
    file = ConsentFile(home)
    file.agree("record", through="a test")
    file.configure(retention_days=3650)
    return file
