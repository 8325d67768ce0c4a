"""What the record says within a window of time: labelled suggestions, and what is left of accepted texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from burnish_telemetry.events import Event, Suggested, Survived
from burnish_telemetry.exclusions import location_of
from burnish_telemetry.labels import Label, label_all
from burnish_telemetry.store import Store

__all__ = ["Recorded", "read_record"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A labelled suggestion; ``location`` is its file's place, ``survivor`` what an accepted text became, where that is
    not what was suggested."""

    label: Label
    location: str
    survivor: str

    @property
    def offer(self) -> Suggested | None:
        """The completion; ``None`` for a code action."""
        return self.label.offer if isinstance(self.label.offer, Suggested) else None

    @property
    def judged(self) -> bool:
        """Whether there is a completion to learn from."""
        return self.label.verdict != "dropped" and self.offer is not None


def read_record(store: Store, since: datetime, until: datetime) -> list[Recorded]:
    """Every suggestion made in ``[since, until)``, the oldest first, labelled by what is known of it until then.

    Raises:
        StoreError: the record cannot be read.
    """
    groups: list[tuple[Event, ...]] = []
    for events in store.suggestions(since, until):
        known = tuple(event for event in events if event.time < until)
        if known:
            groups.append(known)
    groups.sort(key=lambda events: min((event.time, event.suggestion) for event in events))
    found = []
    for events, label in zip(groups, label_all(groups), strict=True):
        place = label.offer.place
        found.append(Recorded(label, location_of(place.folder, place.path), _survivor(label, events)))
    return found


def _survivor(label: Label, events: Sequence[Event]) -> str:
    """The text that an accepted one became by the user's own hand."""
    if label.verdict != "desirable":
        return ""
    kept = [
        event
        for event in events
        if isinstance(event, Survived) and not event.changed_by and event.text.strip()
    ]
    if not kept:
        return ""
    text = max(kept, key=lambda event: event.after_s).text
    return text if text.rstrip() != label.completion.rstrip() else ""
