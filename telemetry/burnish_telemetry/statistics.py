"""What the record says in numbers: per day and adapter, how many suggestions were shown, taken and kept."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import tee
from typing import Any

from burnish_telemetry.events import (
    ENDPOINT,
    Accepted,
    AcceptedInPart,
    Event,
    Suggested,
    TypedThrough,
)
from burnish_telemetry.intervals import wilson
from burnish_telemetry.labels import VERBATIM, Label, label_all

__all__ = ["Figures", "Statistics", "statistics_of"]

#: What the labeller says of an accepted text once it is known what is left of it.
_SURVIVAL_KNOWN = frozenset({"retained", "undone", "not-retained", "rewritten-later", "retained-in-part"})


@dataclass(slots=True)
class Figures:
    """One day (UTC) with one model and adapter; ``sort`` is ``completion`` or ``action``.

    ``accepted`` counts suggestions taken wholly or in part, ``typed_through`` those typed as suggested (80 %), ``kept`` and
    ``rejected`` what the labeller calls desirable and undesirable. Of the accepted ones, ``followed`` counts those of which
    it is known what was left, ``retained`` those of them that stayed. ``latencies`` in milliseconds.
    """

    day: str
    sort: str
    model: str
    adapter: str | None
    comparison: bool
    shown: int = 0
    held_back: int = 0
    accepted: int = 0
    typed_through: int = 0
    kept: int = 0
    rejected: int = 0
    followed: int = 0
    retained: int = 0
    shown_characters: int = 0
    accepted_characters: int = 0
    latencies: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The wire form, the latencies as percentiles (``None`` where nothing was shown)."""
        document = asdict(self)
        latencies = document.pop("latencies")
        document["latency_ms_median"] = _percentile(latencies, 0.5)
        document["latency_ms_p95"] = _percentile(latencies, 0.95)
        document["acceptance"] = round(self.accepted / self.shown, 4) if self.shown else None
        return document

    def shares(self) -> dict[str, Any]:
        """What a plot shows of this, with 95 % intervals: ``acceptance`` of what was shown, and how much of what was
        accepted is ``kept``, as far as that is known yet."""
        return {
            "shown": self.shown,
            "accepted": self.accepted,
            "acceptance": wilson(self.accepted, self.shown).as_json(),
            "kept": wilson(self.retained, self.followed).as_json(),
            "latencyMs": {
                "median": _percentile(self.latencies, 0.5),
                "p90": _percentile(self.latencies, 0.9),
            },
        }

    @property
    def who(self) -> str | None:
        """The adapter; ``None`` for the model alone; an endpoint's model by its marked name."""
        return self.model if self.model.startswith(ENDPOINT) else self.adapter

    def add(self, other: Figures) -> None:
        """Count the other's in."""
        for item in fields(self):
            if item.name not in _KEYS:
                setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))


_KEYS = frozenset({"day", "sort", "model", "adapter", "comparison"})


@dataclass(frozen=True, slots=True)
class Statistics:
    """All figures, the oldest day first, and how many suggestions have each verdict and reason."""

    days: tuple[Figures, ...]
    labels: dict[str, dict[str, int]]

    def as_json(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "days": [day.as_json() for day in self.days],
            "labels": self.labels,
            "daily": self.daily(),
            "by_adapter": self.by_adapter(),
        }

    def daily(self) -> list[dict[str, Any]]:
        """Completions per day and adapter (see :attr:`Figures.who`) for a plot, the oldest day first."""
        groups: dict[tuple[str, str | None], Figures] = {}
        for day in self.days:
            if day.sort == "completion":
                key = day.day, day.who
                groups.setdefault(key, Figures(day.day, day.sort, "", day.who, False)).add(day)
        return [
            {"date": day, "adapter": adapter, **total.shares()} for (day, adapter), total in groups.items()
        ]

    def by_adapter(self) -> list[dict[str, Any]]:
        """Completions per adapter (see :attr:`Figures.who`), all days together, in the order of their first day."""
        groups: dict[str | None, Figures] = {}
        for day in self.days:
            if day.sort == "completion":
                groups.setdefault(day.who, Figures("", day.sort, "", day.who, False)).add(day)
        return [{"adapter": adapter, **total.shares()} for adapter, total in groups.items()]


def statistics_of(suggestions: Iterable[Sequence[Event]]) -> Statistics:
    """Count through suggestions, each given as all of its events."""
    days: dict[tuple[str, str, str, str, bool], Figures] = {}
    verdicts: Counter[tuple[str, str]] = Counter()
    # Both go in step, so nothing piles up between them.
    seen, labelled = tee(suggestions)
    for events, found in zip(seen, label_all(labelled), strict=True):
        verdicts[found.verdict, found.reason] += 1
        offer = found.offer
        day, sort = offer.time.date().isoformat(), "completion" if isinstance(offer, Suggested) else "action"
        comparison = offer.display.comparison
        key = (day, sort, offer.model, offer.adapter or "", comparison)
        figures = days.setdefault(key, Figures(day, sort, offer.model, offer.adapter, comparison))
        _count(figures, found, events)
    labels: dict[str, dict[str, int]] = {}
    for (verdict, reason), count in sorted(verdicts.items()):
        labels.setdefault(verdict, {})[reason] = count
    return Statistics(tuple(days[key] for key in sorted(days)), labels)


def _count(figures: Figures, found: Label, events: Sequence[Event]) -> None:
    offer = found.offer
    if not offer.display.shown:
        figures.held_back += 1
        return
    text = offer.text if isinstance(offer, Suggested) else offer.after
    figures.shown += 1
    figures.shown_characters += len(text)
    figures.latencies.append(offer.latency_ms)
    taken = max((_taken(event, text) for event in events), default=0)
    figures.accepted += taken > 0
    figures.accepted_characters += taken
    figures.typed_through += any(
        isinstance(event, TypedThrough) and event.verbatim >= VERBATIM for event in events
    )
    # A suggestion repeated at the same place counts here once: the labeller drops duplicates.
    figures.kept += found.verdict == "desirable"
    figures.rejected += found.verdict == "undesirable"
    if taken and found.reason in _SURVIVAL_KNOWN:
        figures.followed += 1
        figures.retained += found.verdict == "desirable"


def _percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which so much of ``values`` lies; ``None`` without any."""
    if not values:
        return None
    if share == 0.5:
        return round(statistics.median(values), 3)
    # Rounded up: of few values a high percentile is the highest, never below the median.
    return round(sorted(values)[math.ceil(share * len(values)) - 1], 3)


def _taken(event: Event, text: str) -> int:
    """How many characters of the text an event says were taken."""
    match event:
        case Accepted():
            return max(len(text), 1)
        case AcceptedInPart(characters=characters):
            return min(characters, len(text))
        case _:
            return 0
