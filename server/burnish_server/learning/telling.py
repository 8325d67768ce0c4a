"""Says what became of a suggestion, as events for the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from burnish_server.learning.clock import Clock, HourlyBudget
from burnish_server.learning.offers import Offer
from burnish_server.learning.survival import Kept
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

__all__ = ["SEEN", "VERBATIM", "Teller"]

#: Seconds after which a suggestion counts as seen, and the share of it that makes it typed through: as the labels have it.
SEEN = 0.75
VERBATIM = 0.8

Why = Literal["focus-lost", "file-closed", "cursor-moved", "timeout", "changed-elsewhere"]


class Teller:
    """Makes events and hands them over. The first event of a suggestion goes with the first thing that became of it.

    Args:
        record: takes an event.
        clock: the time.
        fleeting: how many suggestions an hour are told of that were gone before anybody can have read them: nothing is
            learned from them, and each holds a whole prompt.
        held_back: how many an hour of those that were not shown.
        client: the editor's name and version.
    """

    def __init__(
        self,
        record: Callable[[Event], None],
        clock: Clock,
        *,
        fleeting: HourlyBudget,
        held_back: HourlyBudget,
        client: Callable[[], str],
    ) -> None:
        self._record = record
        self._clock = clock
        self._fleeting = fleeting
        self._held_back = held_back
        self._client = client

    def seen(self, offer: Offer) -> None:
        """It has been visible long enough to be read."""
        if not offer.recorded and offer.begin is not None:
            begin, offer.begin, offer.recorded = offer.begin, None, True
            self._record(begin())

    def accepted(self, offer: Offer, by: Literal["command", "inferred"]) -> None:
        """All of it was taken."""
        self._say(Accepted, offer, offer.ended_at, visible_ms=offer.visible_ms(offer.ended_at), by=by)

    def in_part(self, offer: Offer, at: float) -> None:
        """A part of it was taken."""
        characters = offer.own_characters(offer.taken)
        self._say(AcceptedInPart, offer, at, visible_ms=offer.visible_ms(at), characters=characters)

    def typed_through(self, offer: Offer, at: float, verbatim: float) -> None:
        """The user typed it."""
        self._say(
            TypedThrough, offer, at, visible_ms=offer.visible_ms(at), verbatim=round(min(1.0, verbatim), 4)
        )

    def dismissed(self, offer: Offer) -> None:
        """The user sent it away."""
        self._say(Dismissed, offer, offer.ended_at, visible_ms=offer.visible_ms(offer.ended_at))

    def diverged(self, offer: Offer) -> None:
        """The user typed something else."""
        at, matched = offer.ended_at, offer.own_characters(offer.matched)
        self._say(Diverged, offer, at, visible_ms=offer.visible_ms(at), matched=matched)

    def superseded(self, offer: Offer) -> None:
        """Another one took its place."""
        self._say(Superseded, offer, offer.ended_at, visible_ms=offer.visible_ms(offer.ended_at), by=offer.by)

    def ignored(self, offer: Offer, at: float, reason: Why) -> None:
        """Nothing was decided about it."""
        self._say(Ignored, offer, at, visible_ms=offer.visible_ms(at), reason=reason)

    def undone(self, kept: Kept) -> None:
        """It was taken back."""
        at = kept.at if kept.undone_at is None else kept.undone_at
        self._say(Undone, kept.offer, at, after_s=round(at - kept.at, 3))

    def survived(self, kept: Kept, after: Literal[30, 120, 600], text: str) -> None:
        """So much of it is left."""
        offer, now = kept.offer, self._clock.now()
        problems = None
        if offer.problems is not None:
            problems = max(0, offer.problems() - offer.problems_before)
        self._say(
            Survived,
            offer,
            now,
            after_s=after,
            retained=kept.retained(text),
            text=kept.span.of(text),
            changed_by=kept.changed_by,
            new_diagnostics=problems,
        )

    def wrote_instead(self, offer: Offer, text: str) -> None:
        """What the user wrote at its place."""
        now = self._clock.now()
        self._say(WroteInstead, offer, now, text=text, after_s=round(max(0.0, now - offer.at), 3))

    def _say(self, kind: type[Event], offer: Offer, at: float, **fields: Any) -> None:
        if not offer.recorded:
            passing = issubclass(kind, Superseded | Ignored | Diverged)
            brief = offer.action or offer.visible_ms(at) < SEEN * 1000
            if passing and brief and not self._fleeting.take():
                return
            if offer.held_back and not self._held_back.take():
                return
            self.seen(offer)
        self._record(
            kind(
                suggestion=offer.id,
                place=offer.place,
                client=self._client(),
                time=self._clock.time_of(at),
                **fields,
            )
        )
