"""Was a suggestion wanted? A pure function of what became of it, with a version of its own.

Acceptance is the event, survival decides: optimising acceptance alone makes suggestions worse (arXiv 2306.04930).

=============  =============================================================================================
desirable      accepted and at least 67 % retained after 120 s; typed through, at least 80 % verbatim;
               a code action kept, with no new diagnostics
undesirable    dismissed, or something else typed, after being visible for 750 ms or more;
               accepted and then undone, or less than 33 % retained after 30 s
dropped        everything else: too little was seen, it says nothing, or it is not known who changed the text
=============  =============================================================================================

Of several outcomes of one suggestion the earliest counts, and what was taken in part is judged as a text that was accepted,
cut to the part. What the user wrote instead of an undesirable completion is a *supervised* text: a right answer to the same prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from burnish_telemetry.errors import EventError
from burnish_telemetry.events import (
    OFFERS,
    Accepted,
    AcceptedInPart,
    ActionOffered,
    Dismissed,
    Diverged,
    Event,
    Ignored,
    Offer,
    Suggested,
    Superseded,
    Survived,
    TypedThrough,
    Undone,
    WroteInstead,
)

__all__ = ["LABELLER_VERSION", "VERBATIM", "Label", "Verdict", "label", "label_all"]

#: Raised whenever a rule changes, so that an adapter says which rules it learned by.
LABELLER_VERSION = 1
SEEN_MS = 750.0
RETAINED = 0.67
NOT_RETAINED = 0.33
VERBATIM = 0.80
FEWEST_TOKENS = 3
_PROMPT_TAIL = 400

Verdict = Literal["desirable", "undesirable", "dropped"]


@dataclass(frozen=True, slots=True)
class Label:
    """The labeller's word on one suggestion.

    ``completion`` is the text that the verdict is about (the accepted part, where only a part was), empty when dropped.
    ``supervised`` is what the user wrote instead. ``events`` are the ids of all events it rests on.
    """

    suggestion: str
    verdict: Verdict
    reason: str
    time: datetime
    offer: Offer
    completion: str
    supervised: str | None
    events: tuple[str, ...]


def label(events: Sequence[Event]) -> Label:
    """The label of one suggestion.

    Args:
        events: all events of it, in any order; exactly one of them is its offer.

    Raises:
        EventError: there is no offer, or the events are of several suggestions.
    """
    ordered = sorted(events, key=lambda event: (event.time, event.id))
    offers = [event for event in ordered if isinstance(event, Suggested | ActionOffered)]
    if len(offers) != 1 or len({event.suggestion for event in ordered}) != 1:
        raise EventError("Events to label must be those of one suggestion, its offer among them.")
    offer = offers[0]
    later = [event for event in ordered if not isinstance(event, OFFERS)]
    text = offer.text if isinstance(offer, Suggested) else offer.after
    verdict, reason, completion = _judge(offer, text, later)
    wrote = None
    if verdict == "undesirable" and isinstance(offer, Suggested):
        wrote = next((event.text for event in later if isinstance(event, WroteInstead)), None)
        if wrote is not None and (not wrote.strip() or wrote == offer.text):
            wrote = None
    return Label(
        suggestion=offer.suggestion,
        verdict=verdict,
        reason=reason,
        time=offer.time,
        offer=offer,
        completion="" if verdict == "dropped" else completion,
        supervised=wrote,
        events=tuple(event.id for event in ordered),
    )


def label_all(suggestions: Iterable[Sequence[Event]]) -> Iterator[Label]:
    """Label suggestions one after another; of those that say the same of the same text at the same place the first counts."""
    seen: set[bytes] = set()
    for events in suggestions:
        found = label(events)
        if found.verdict != "dropped":
            key = _content(found)
            if key in seen:
                found = replace(found, verdict="dropped", reason="duplicate", completion="", supervised=None)
            seen.add(key)
        yield found


def _judge(offer: Offer, text: str, later: Sequence[Event]) -> tuple[Verdict, str, str]:
    """Verdict, reason, and the text it is about."""
    if not offer.display.shown:
        return "dropped", "held-back", text
    if offer.tokens is not None and offer.tokens < FEWEST_TOKENS:
        return "dropped", "too-short", text
    outcome = _outcome(later)
    match outcome:
        case None:
            return "dropped", "no-outcome", text
        case Accepted():
            return (*_survival(offer, later), text)
        case AcceptedInPart(characters=characters):
            part = text[:characters]
            if not part.strip():
                return "dropped", "too-short", part
            if offer.tokens is not None and offer.tokens * len(part) / len(text) < FEWEST_TOKENS:
                return "dropped", "too-short", part
            return (*_survival(offer, later), part)
        case TypedThrough(verbatim=verbatim):
            if verbatim >= VERBATIM:
                return "desirable", "typed-through", text
            return "dropped", "typed-in-part", text
        case Dismissed(visible_ms=visible) | Diverged(visible_ms=visible):
            if visible >= SEEN_MS:
                return "undesirable", outcome.kind, text
            return "dropped", "seen-too-briefly", text
        case Ignored(reason=reason):
            return "dropped", reason, text
        case _:
            return "dropped", outcome.kind, text


def _outcome(later: Sequence[Event]) -> Event | None:
    """The event that decided: the first one, but whoever took a part may go on to take all or more of it."""
    part: AcceptedInPart | None = None
    for event in later:
        if isinstance(event, AcceptedInPart):
            part = event if part is None or event.characters >= part.characters else part
        elif isinstance(event, Accepted) or (
            part is None and isinstance(event, TypedThrough | Dismissed | Diverged | Superseded | Ignored)
        ):
            return event
    return part


def _survival(offer: Offer, later: Sequence[Event]) -> tuple[Verdict, str]:
    """The verdict on an accepted text by what is left of it."""
    if any(isinstance(event, Undone) for event in later):
        return "undesirable", "undone"
    measured = {event.after_s: event for event in later if isinstance(event, Survived)}
    soon, kept = measured.get(30), measured.get(120)
    for survived in (soon, kept):
        if survived is not None and survived.changed_by:
            return "dropped", f"changed-by-{survived.changed_by}"
    if soon is not None and soon.retained < NOT_RETAINED:
        return "undesirable", "not-retained"
    if kept is None:
        return "dropped", "survival-unknown"
    if kept.retained < NOT_RETAINED:
        return "dropped", "rewritten-later"
    if kept.retained < RETAINED:
        return "dropped", "retained-in-part"
    if isinstance(offer, ActionOffered) and kept.new_diagnostics != 0:
        return "dropped", "diagnostics-unknown" if kept.new_diagnostics is None else "new-diagnostics"
    return "desirable", "retained"


def _content(found: Label) -> bytes:
    """A digest of what a label says: where, of which text, what."""
    offer = found.offer
    before = offer.before if isinstance(offer, ActionOffered) else offer.prompt.prefix + offer.prompt.typed
    digest = blake2b(digest_size=16)
    for part in (
        offer.place.folder,
        offer.place.path,
        before[-_PROMPT_TAIL:],
        found.completion,
        found.verdict,
    ):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.digest()
