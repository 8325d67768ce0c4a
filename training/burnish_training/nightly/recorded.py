"""What the record says within a window of time: labelled suggestions, and what is left of accepted texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from burnish_telemetry.consent import Consent
from burnish_telemetry.events import ActionOffered, Event, Place, Suggested, Survived
from burnish_telemetry.exclusions import excluded_by, location_of
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
        """Whether there is a completion to learn from; what an endpoint wrote says nothing about the local model."""
        offer = self.offer
        return self.label.verdict != "dropped" and offer is not None and not offer.elsewhere


def read_record(
    store: Store, since: datetime, until: datetime, consent: Consent | None = None
) -> list[Recorded]:
    """Every suggestion made in ``[since, until)``, the oldest first, labelled by what is known of it until then.

    Args:
        store: the record.
        since, until: the window of time.
        consent: what the user excludes by now: what was recorded of it before is left out, also where it shows as context
            of another file.

    Raises:
        StoreError: the record cannot be read.
    """
    groups: list[tuple[Event, ...]] = []
    left_out = _exclusion(consent or Consent())
    for events in store.suggestions(since, until):
        known = tuple(event for event in events if event.time < until)
        if known and not left_out(known):
            groups.append(known)
    groups.sort(key=lambda events: min((event.time, event.suggestion) for event in events))
    found = []
    for events, label in zip(groups, label_all(groups), strict=True):
        place = label.offer.place
        found.append(Recorded(label, location_of(place.folder, place.path), _survivor(label, events)))
    return found


def _exclusion(consent: Consent) -> Callable[[Sequence[Event]], bool]:
    """Says of a suggestion's events whether they hold text of a file that is excluded."""

    @cache
    def excluded(folder: str, path: str) -> bool:
        return excluded_by(Place(folder, path), consent.excluded_folders, consent.excluded_globs) is not None

    def holds(events: Sequence[Event]) -> bool:
        for event in events:
            prompt = event.prompt if isinstance(event, Suggested | ActionOffered) else None
            paths = (
                event.place.path,
                *(file.path for file in (prompt.context if prompt is not None else ())),
            )
            if any(excluded(event.place.folder, path) for path in paths):
                return True
        return False

    return holds


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
