"""What follows from an edit for the offers of a document.

An offer is ``open`` while it may be decided about. What an edit decides is told at once, but for three things that the next
moments may explain better: an accepted text waits for the editor's command; what was diverged from may yet be typed; and a text
that was taken back may be put back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from burnish_server.learning.following import Contact, Following
from burnish_server.learning.offers import Offer
from burnish_server.learning.ranges import Span, plain
from burnish_server.learning.survival import Kept, Survival
from burnish_server.learning.telling import SEEN, VERBATIM, Teller, Why

__all__ = ["Decisions"]

_PAIRS = {"()", "[]", "{}", '""', "''"}
#: An editor that reports nothing may also wait a moment and send several typed characters as one edit.
_TYPED_TOGETHER = 3
#: Less than this share left after 30 seconds: what stands there after 120 was written instead.
_LOST = 0.33


class Decisions(Following):
    """The offers and accepted texts of one document, and what is to be said of them.

    Args:
        text: the document now.
        teller: hears what became of them.
        now: the time in seconds.
        exact: whether the editor reports what it shows.
    """

    def __init__(
        self, text: str, teller: Teller, now: Callable[[], float], exact: Callable[[], bool]
    ) -> None:
        super().__init__(text, Survival(self._survived))
        self._tell = teller
        self._now = now
        self._exact = exact

    # -- deciding --------------------------------------------------------------------------------------------

    def _judge(self, offer: Offer, contact: Contact, now: float) -> None:
        """Decide what the edits of one change mean for an offer."""
        if offer.phase == "leaving":
            self._judge_leaving(offer, contact, now)
        elif offer.phase not in ("open", "waiting"):
            return
        elif offer.action:
            self._judge_action(offer, contact, now)
        elif contact.across or contact.left:
            if offer.reached(offer.span.of(self.text)) != len(offer.target):
                self._ignore(offer, "changed-elsewhere")
            else:
                self._take_all(offer)
        elif contact.inside:
            offer.touched_at = now
            self._judge_typing(offer, contact.inserted)
        elif offer.phase == "open":
            offer.hide("changed-elsewhere", now)

    def _judge_leaving(self, offer: Offer, contact: Contact, now: float) -> None:
        if contact.left or contact.across:
            offer.torn = True
        if contact.inside:
            offer.touched_at = now
            offer.typed_only = offer.typed_only and self._is_typing(contact.inserted)
        lines = offer.span.of(self.text).count("\n") - offer.before.count("\n")
        if lines >= offer.lines or (contact.away and not contact.inside):
            self._leave(offer)

    def _judge_action(self, offer: Offer, contact: Contact, now: float) -> None:
        if not (contact.inside or contact.across or contact.left):
            return
        content = offer.span.of(self.text)
        if content == offer.target:
            self._take_all(offer)
        elif content != offer.before:
            self._ignore(offer, "changed-elsewhere")
        else:
            offer.touched_at = now

    def _judge_typing(self, offer: Offer, inserted: str) -> None:
        """Something was written at an offer's place."""
        reached, whole = offer.reached(offer.span.of(self.text)), len(offer.target)
        if reached is None:
            if offer.phase == "waiting":
                offer.phase = "done"
            elif offer.hidden is not None:
                self._ignore(offer, offer.hidden)
            else:
                self._close(offer, "diverged")
            return
        before, offer.matched = offer.matched, reached
        at_once = before == offer.base and reached == whole and len(inserted) > 1
        if reached <= before:
            offer.matched_seen = min(offer.matched_seen, reached)
        elif reached not in (offer.lead, offer.listed) and (not self._is_typing(inserted) or at_once):
            if reached == whole and not offer.taken:
                self._take_all(offer)
            else:
                self._take_part(offer, reached)
        else:
            if offer.hidden is None:
                offer.matched_seen = reached
            if reached == whole:
                self._typed_to_the_end(offer)

    def _is_typing(self, inserted: str) -> bool:
        """Whether this much at once may come from the keyboard."""
        most = 1 if self._exact() else _TYPED_TOGETHER
        return len(inserted) <= most or inserted in _PAIRS or inserted.isspace()

    def _typed_to_the_end(self, offer: Offer) -> None:
        if offer.phase == "waiting":
            offer.phase = "done"
        elif offer.taken:
            self._part(offer)
        elif offer.hidden is not None:
            self._tell.ignored(offer, self._now(), offer.hidden)
            offer.phase = "done"
        else:
            self._tell.typed_through(offer, self._now(), 1.0)
            offer.phase = "done"

    def _take_part(self, offer: Offer, reached: int) -> None:
        """A further part was taken at once."""
        now = self._now()
        self._comes_first(offer, now)
        offer.taken = reached
        end = offer.span.start + _raw_length(self.text[offer.span.start : offer.span.end], reached)
        self.survival.take(offer, offer.span.start, end, offer.target[:reached], now)
        if reached == len(offer.target):
            self._part(offer)

    def _take_all(self, offer: Offer, content: str | None = None) -> None:
        """The rest was taken at once. ``content`` is what the editor made of it, where that is not the text itself."""
        now = self._now()
        self._comes_first(offer, now)
        offer.ended_at, offer.taken, offer.phase = now, len(offer.target), "taken"
        raw = self.text[offer.span.start : offer.span.end]
        end = (
            offer.span.end if content is not None else offer.span.start + _raw_length(raw, len(offer.target))
        )
        self.survival.take(offer, offer.span.start, end, offer.target if content is None else content, now)
        if offer.confirmed or content is not None:
            self._accepted(offer, "command")

    def _comes_first(self, offer: Offer, now: float) -> None:
        """Of several answers to one request this is the one on screen."""
        offer.show(offer.at if offer.phase == "waiting" else now)
        offer.verdict = ""
        for other in self.offers:
            if other is offer or not offer.group or other.group != offer.group:
                continue
            if other.phase == "open":
                self._close(other, "superseded", by=offer.id)
            elif other.phase == "waiting":
                other.phase = "done"

    def _accepted(self, offer: Offer, by: Literal["command", "inferred"]) -> None:
        self._tell.accepted(offer, by)
        offer.phase = "done"

    def _part(self, offer: Offer) -> None:
        """Nothing more of an offer will be taken: say how much was."""
        kept = self.survival.of(offer)
        self._tell.in_part(offer, kept.at if kept is not None else self._now())
        offer.phase = "done"

    def _close(self, offer: Offer, verdict: Literal["diverged", "superseded"], by: str = "") -> None:
        """An offer that was on screen is so no longer."""
        offer.ended_at = offer.touched_at = self._now()
        for other in self.offers:
            if offer.group and other.group == offer.group and other.phase == "waiting" and other.id != by:
                other.phase = "done"
        if offer.taken:
            self._part(offer)
            return
        offer.verdict, offer.by, offer.phase = verdict, by, "leaving"
        if verdict == "superseded" and offer.matched == offer.base:
            self._tell.superseded(offer)
            offer.phase = "done"

    def _ignore(self, offer: Offer, why: Why) -> None:
        """An offer is gone without a decision, unless most of it was typed or some of it taken before."""
        at = self._now() if offer.hidden is None else offer.hidden_at
        if offer.phase == "open":
            if offer.taken:
                self._part(offer)
            elif offer.typed_share >= VERBATIM:
                self._tell.typed_through(offer, at, offer.typed_share)
            else:
                self._tell.ignored(offer, at, why)
        offer.phase = "done"

    def _leave(self, offer: Offer) -> None:
        """The user has left the line: what did they write there?"""
        offer.phase = "done"
        verbatim = offer.verbatim(self.text)
        if offer.verdict and offer.typed_only and offer.matched_seen > offer.base and verbatim >= VERBATIM:
            self._tell.typed_through(offer, offer.ended_at, verbatim)
            return
        if offer.verdict == "diverged":
            self._tell.diverged(offer)
        elif offer.verdict == "superseded":
            self._tell.superseded(offer)
            return
        counts = offer.held_back or (
            offer.recorded and (offer.taken or offer.visible_ms(offer.ended_at) >= SEEN * 1000)
        )
        written = "" if offer.torn or not counts else offer.written(self.text)
        taken_back = offer.left is not None and offer.span.of(self.text) == offer.left
        if written.strip() and not taken_back and written != offer.target[offer.lead :]:
            self._tell.wrote_instead(offer, written)

    def _finish(self, offer: Offer, *, closed: bool = False) -> None:
        """Come to an end with an offer now."""
        if offer.phase == "leaving":
            self._leave(offer)
        elif offer.phase == "taken":
            self._accepted(offer, "inferred")
        elif offer.phase == "open":
            self._ignore(offer, offer.hidden or ("file-closed" if closed else "timeout"))
        offer.phase = "done"

    # -- accepted texts --------------------------------------------------------------------------------------

    def _settle(self, offer: Offer) -> None:
        """Say that an offer was accepted, where that has been put off."""
        if offer.phase == "taken":
            self._accepted(offer, "inferred")
        elif offer.phase == "open" and offer.taken:
            self._part(offer)

    def _undone(self, kept: Kept) -> None:
        """An accepted text was taken back for good; what is written there now comes instead."""
        offer = kept.offer
        self._settle(offer)
        self._tell.undone(kept)
        self.survival.forget(offer)
        self._follow_instead(kept)

    def _follow_instead(self, kept: Kept) -> None:
        offer = kept.offer
        offer.span, offer.torn = kept.span, offer.torn or kept.torn
        offer.phase, offer.verdict, offer.touched_at = "leaving", "", self._now()
        if offer not in self.offers:
            self.offers.append(offer)

    def _survived(self, kept: Kept, after: Literal[30, 120, 600]) -> None:
        self._settle(kept.offer)
        self._tell.survived(kept, after, self.text)
        if after == 30 and not kept.changed_by:
            kept.lost = kept.retained(self.text) < _LOST
        elif after == 120 and kept.lost and not kept.offer.action:
            line_end = _line_end(self.text, kept.span.end)
            offer = kept.offer
            offer.span, offer.torn = Span(kept.span.start, line_end), kept.torn
            self._leave(offer)

    def _sweep(self) -> None:
        self.offers = [offer for offer in self.offers if offer.phase != "done"]


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    end = len(text) if found < 0 else found
    return end - 1 if end > place and text[end - 1] == "\r" else end


def _raw_length(raw: str, characters: int) -> int:
    """The length of the beginning of ``raw`` that has so many characters with plain line ends."""
    if "\r\n" not in raw:
        return characters
    return characters + plain(raw)[:characters].count("\n")
