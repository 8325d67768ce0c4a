"""Follows the suggestions of one document from being shown to what became of them.

What the editor sends comes in here; what follows from it is decided in :mod:`burnish_server.learning.decisions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from burnish_server.learning.decisions import Decisions
from burnish_server.learning.following import Contact
from burnish_server.learning.offers import Hidden, Offer, progress
from burnish_server.learning.ranges import Edit, plain, refined
from burnish_server.learning.survival import TOGETHER, Kept
from burnish_server.learning.telling import SEEN

__all__ = ["DocumentTracker", "Made"]

#: Seconds: the accept command follows the edit this soon; a text that was taken back may be put back; a suggestion may come
#: back on screen; it is forgotten; a line counts as left when nothing happens on it.
COMMAND, REDO, RETURN, FORGET, LEAVE = 1.5, 5.0, 60.0, 300.0, 120.0
_MOST_OFFERS = 16
_MOST_HELD_BACK = 4
_CLOSERS = ")]}\"'"


@dataclass(frozen=True, slots=True)
class Made:
    """Who made a change, where that is known. ``alone``: the window or document did not have the focus."""

    alone: bool = False
    undo: bool = False


class DocumentTracker(Decisions):
    """The offers and accepted texts of one document; its arguments are those of :class:`Decisions`."""

    _formatted_at = _saved_at = _on_disk_at = float("-inf")

    @property
    def idle(self) -> bool:
        """Whether there is nothing to follow."""
        return not self.offers and not self.survival.texts

    # -- what the server shows -------------------------------------------------------------------------------

    def again(self, start: int, end: int, text: str) -> Offer | None:
        """The offer that ``text`` for ``[start, end)`` continues: typing into it or asking again makes no new one."""
        for offer in reversed(self.offers):
            astray = offer.phase == "leaving" and offer.verdict == "diverged" and not offer.torn
            if offer.held_back or offer.action or not (astray or offer.phase in ("open", "waiting")):
                continue
            span = offer.span
            low, high = min(span.start, start), max(span.end, end)
            body = plain(self.text[low:start] + text + self.text[end:high])
            whole = plain(self.text[low : span.start]) + offer.target + plain(self.text[span.end : high])
            reached: int | None = len(offer.target) if body == whole else None
            if reached is None and (low, high) == (span.start, span.end) and not _goes_on(body, offer.target):
                reached = progress(body, offer.target, offer.right)
            matched = offer.reached(offer.span.of(self.text)) if astray else offer.matched
            if reached is not None and matched is not None and reached > matched:
                offer.displayed = reached
                offer.touched_at = self._now()
                if astray:
                    offer.come_back(matched, self._now())
                elif offer.phase == "open":
                    offer.show(self._now())
                return offer
        return None

    def served_again(self, offer: Offer, group: str, *, first: bool, item: Edit | None) -> None:
        """An offer that is known is part of an answer again, as the ``first`` on screen or beside others of ``group``.

        ``item`` is the edit that the editor's own list would make.
        """
        offer.group = group or offer.group
        if first and offer.phase == "waiting":
            offer.show(self._now())
        offer.listed = -1
        item = None if item is None else item.minimal(self.text)
        if item is not None and offer.span.touched_by(item) == "inside":
            left, right = self.text[offer.span.start : item.start], self.text[item.end : offer.span.end]
            reached = offer.reached(plain(left + item.text + right))
            offer.listed = -1 if reached is None else reached

    def offered(self, new: Sequence[Offer]) -> None:
        """New offers are shown, the first of them on screen: they take the place of those before."""
        for old in [offer for offer in self.offers if not offer.action]:
            if old.phase == "waiting":
                old.phase = "done"
            elif old.phase == "open" and old.hidden is not None:
                self._ignore(old, old.hidden)
            elif old.phase == "open":
                self._close(old, "superseded", by=new[0].id)
        self._add(new)

    def beside(self, new: Sequence[Offer]) -> None:
        """Alternatives to an offer that is on screen already."""
        self._add(new)

    def held_back(self, make: Callable[[], Offer], place: int) -> None:
        """Follow what the user writes at ``place`` instead of a text that was not shown; one a line, and few at once."""
        held = [offer for offer in self.offers if offer.held_back]
        if len(held) < _MOST_HELD_BACK and not any(self._same_line(offer.span, place) for offer in held):
            offer = make()
            offer.held_back, offer.phase = True, "leaving"
            self._add([offer])

    def offered_action(self, offer: Offer) -> Offer:
        """A code action is offered; it may stand beside others. Returns the one that is followed: offered again it is the same."""
        for known in self.offers:
            same = (known.span.start, known.span.end) == (offer.span.start, offer.span.end)
            if known.action and known.phase == "open" and same and known.target == offer.target:
                known.touched_at = self._now()
                return known
        self._add([offer])
        return offer

    def _add(self, new: Sequence[Offer]) -> None:
        self.offers += new
        self._sweep()
        while len(self.offers) > _MOST_OFFERS:
            oldest = self.offers[0]
            self._finish(oldest)
            self.offers.remove(oldest)

    # -- what the editor says --------------------------------------------------------------------------------

    def changed(self, edits: Sequence[Edit], after: str, made: Made) -> None:
        """The document was edited; ``after`` is its text now."""
        now = self._now()
        contacts = {offer: Contact() for offer in self.offers}
        before = {kept: kept.span.of(self.text) for kept in self.survival.texts}
        for offer in self.offers:
            offer.stood = offer.span.of(self.text)
        typed = made.undo or self._may_be_typed(edits)
        whole: set[Kept] = set(before)
        text = self.text
        for edit in edits:
            for piece in refined(edit, text):
                piece = self._placed(piece, text)
                self._follow(piece, text, contacts, whole)
                text = piece.applied(text)
                self._cursor = piece.start + len(piece.text)
        self.text = after
        changer: Literal["", "formatter", "outside"] = "outside" if made.alone else ""
        if now - self._formatted_at <= TOGETHER:
            changer = "formatter"
        elif now - self._on_disk_at <= TOGETHER:
            changer = "outside"
        for kept, stood in before.items():
            kept.taken_back(stood, kept.span.of(after), now, undo=made.undo, whole=kept in whole)
        self.survival.followed(before, after, now, changer, typed=typed)
        for offer, contact in contacts.items():
            self._judge(offer, contact, now)
        self._sweep()

    def moved(self, offset: int) -> None:
        """The cursor is at ``offset`` now, or a suggestion was asked for there."""
        self._cursor = offset
        for offer in list(self.offers):
            if offer.phase == "leaving" and not self._same_line(offer.span, offset):
                self._leave(offer)
            elif (
                offer.phase == "open"
                and not offer.span.start <= offset <= offer.span.end
                and not offer.action
            ):
                offer.hide("cursor-moved", self._now())
        self._sweep()

    def shown(self, identity: str) -> None:
        """The editor shows an offer."""
        now = self._now()
        for offer in self.offers:
            if offer.id != identity or offer.phase not in ("waiting", "open"):
                continue
            for other in self.offers:
                if other is not offer and other.group == offer.group and other.phase == "open":
                    self._close(other, "superseded", by=offer.id)
            offer.show(now)
        self._sweep()

    def hide(self, why: Hidden) -> None:
        """Nothing is on screen any more."""
        for offer in self.offers:
            if offer.phase == "open" and not offer.action:
                offer.hide(why, self._now())

    def dismissed(self, identity: str = "") -> None:
        """The user sent an offer away, or whatever was on screen."""
        for offer in list(self.offers):
            visible = offer.phase == "open" and offer.hidden is None and not offer.action
            if offer.id == identity and offer.phase == "waiting":
                offer.phase, visible = "open", True
            if not (offer.id == identity if identity else visible) or offer.phase != "open":
                continue
            offer.ended_at = offer.touched_at = self._now()
            if offer.taken:
                self._part(offer)
            else:
                self._tell.dismissed(offer)
                offer.phase = "leaving"
        self._sweep()

    def accepted(self, identity: str) -> bool:
        """The editor ran the command that goes with accepting an offer; false where it is not known."""
        offer = next((offer for offer in self.offers if offer.id == identity), None)
        if offer is None:
            return False
        if offer.phase == "taken":
            self._accepted(offer, "command")
        elif offer.phase in ("open", "waiting") or (offer.phase == "leaving" and offer.verdict):
            content = offer.span.of(self.text)
            offer.confirmed = True
            if content != offer.before and offer.matched < offer.displayed:
                # The editor wrote it a little differently (indentation, for one).
                self._take_all(offer, content)
            elif offer.matched == offer.displayed < len(offer.target) and offer.taken:
                self._part(offer)
        self._sweep()
        return True

    def was_undo(self, since: float) -> None:
        """What was changed at ``since`` or later was an undo: an editor may tell after the change that it made."""
        for kept in self.survival.texts:
            kept.was_undo(self.text, since)

    def formatted(self) -> None:
        """A formatter has changed the document, or is about to."""
        self._formatted_at = self._now()
        self.survival.changed_by("formatter", self._formatted_at)

    def saved(self) -> None:
        """The document was saved. What was changed all over it just before was a formatter's work."""
        self._saved_at = self._now()
        self.survival.changed_by("formatter", self._saved_at)

    def changed_on_disk(self) -> None:
        """The file has changed; unless it was just saved, somebody else did that."""
        if self._now() - self._saved_at > TOGETHER:
            self._on_disk_at = self._now()
            self.survival.changed_by("outside", self._on_disk_at)

    def close(self) -> None:
        """The document is closed: tell what is known. Of texts that were accepted nothing more can be."""
        for offer in self.offers:
            self._finish(offer, closed=True)
        for kept in list(self.survival.texts):
            if kept.undone_at is not None:
                self._tell.undone(kept)
        self.offers.clear()
        self.survival.texts.clear()

    # -- time ------------------------------------------------------------------------------------------------

    def due(self) -> float:
        """When :meth:`advance` is to be called next; infinity for never."""
        times = [kept.undone_at + REDO for kept in self.survival.texts if kept.undone_at is not None]
        times += self.survival.due()
        for offer in self.offers:
            times.append(_next(offer))
        return min(times, default=float("inf"))

    def advance(self) -> None:
        """Do what is due."""
        now = self._now()
        for kept in list(self.survival.texts):
            if kept.undone_at is not None and now >= kept.undone_at + REDO:
                self._undone(kept)
        for offer in list(self.offers):
            if now < _next(offer):
                continue
            if offer.phase == "open" and offer.hidden is None and not offer.recorded and not offer.action:
                self._tell.seen(offer)
            elif offer.phase == "taken":
                self._accepted(offer, "inferred")
            else:
                self._finish(offer)
        self.survival.advance(now)
        self._sweep()


def _next(offer: Offer) -> float:
    """When something is to be done about an offer though nothing happens."""
    if offer.phase == "taken":
        return offer.ended_at + COMMAND
    if offer.phase == "leaving":
        return offer.touched_at + LEAVE
    if offer.hidden is not None:
        return offer.hidden_at + RETURN
    if offer.phase == "open" and not offer.recorded and not offer.action:
        return offer.at + offer.unseen + SEEN
    return offer.touched_at + FORGET


def _goes_on(body: str, target: str) -> bool:
    """Whether ``body`` is the target with more behind it than brackets that an editor closes."""
    return body.startswith(target) and bool(body[len(target) :].strip(_CLOSERS))
