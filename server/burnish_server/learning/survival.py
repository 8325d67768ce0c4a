"""Accepted texts, followed through later edits: how much of each is left after 30 seconds, 2 and 10 minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from burnish_server.learning.offers import Offer, similarity
from burnish_server.learning.ranges import Edit, Span, Touch

__all__ = ["CHECKS", "Kept", "Survival"]

#: Seconds after which it is looked at what is left.
CHECKS: tuple[Literal[30, 120, 600], ...] = (30, 120, 600)
#: An edit and the news of who made it may lie this far apart, in seconds.
TOGETHER = 2.0

Changer = Literal["", "formatter", "outside"]


@dataclass(slots=True, eq=False)
class Kept:
    """An accepted text: where it stands, what it was, and who else has changed it.

    ``before`` is what stood there earlier, when it was offered and when it was taken: its beginning may have been typed between.
    """

    offer: Offer
    span: Span
    text: str
    before: tuple[str, str]
    at: float
    checks: list[Literal[30, 120, 600]] = field(default_factory=lambda: list(CHECKS))
    changed_by: Changer = ""
    #: When an edit that no user types changed it last.
    shaken_at: float = float("-inf")
    #: When it was taken back; kept until it is clear that it stays so.
    undone_at: float | None = None
    #: When what stood there earlier did so again; an editor may tell a moment later that it was an undo.
    back_at: float = float("-inf")
    #: Less than a third of it was left after 30 seconds.
    lost: bool = False
    torn: bool = False
    #: Its end was cut off, so what is inserted there continues the rewriting.
    open_end: bool = False

    def follow(self, edit: Edit, text: str) -> Touch:
        """Follow an edit; ``text`` is the document before it."""
        if self.undone_at is not None:
            return self.span.grow(edit)
        insertion_at_end = edit.start == edit.end == self.span.end
        if self.open_end and insertion_at_end and "\n" not in edit.text:
            return self.span.grow(edit)
        end = self.span.end
        touch = self.span.keep(edit)
        if touch in ("before", "left") and "\n" not in text[edit.end : self.span.start - edit.delta]:
            self.torn = True
        if touch == "across":
            self.torn = True
        if touch in ("inside", "across"):
            self.open_end = edit.end >= end
        elif touch == "after" or "\n" in edit.text:
            self.open_end = False
        return touch

    @property
    def next_check(self) -> float:
        """When it is to be looked at next."""
        return self.at + self.checks[0] if self.checks else float("inf")

    def taken_back(self, stood: str, now: str, at: float, *, undo: bool, whole: bool) -> None:
        """Note that it was taken back, if a change did so.

        Args:
            stood: what stood there before the change.
            now: what stands there now.
            at: the time.
            undo: whether the change is an undo.
            whole: whether the change was within the text.
        """
        if now == stood or now not in ("", *self.before):
            return
        self.back_at = at
        if self.undone_at is None and (undo or (whole and stood == self.text and now in self.before)):
            self.undone_at, self.offer.left = at, now

    def was_undo(self, text: str, since: float) -> None:
        """A change that was made at ``since`` or later turns out to be an undo; ``text`` is the document now."""
        now = self.span.of(text)
        if self.undone_at is None and self.back_at >= since and now in ("", *self.before):
            self.undone_at, self.offer.left = self.back_at, now

    def retained(self, text: str) -> float:
        """The share of it that is left in ``text``."""
        return round(similarity(self.text, self.span.of(text)), 4)


class Survival:
    """The accepted texts of one document.

    Args:
        report: told about every text that is due: the text and the seconds since it was accepted.
    """

    def __init__(self, report: Callable[[Kept, Literal[30, 120, 600]], None]) -> None:
        self.texts: list[Kept] = []
        self._report = report

    def of(self, offer: Offer) -> Kept | None:
        """The accepted text of an offer."""
        return next((kept for kept in self.texts if kept.offer is offer), None)

    def take(self, offer: Offer, start: int, end: int, text: str, at: float) -> Kept:
        """``text``, at ``[start, end)``, was accepted; of an offer that was taken in part before, this is all of it."""
        kept = self.of(offer)
        if kept is None:
            kept = Kept(offer, Span(start, end), text, (offer.before, offer.stood), at)
            self.texts.append(kept)
        else:
            kept.span, kept.text, kept.at, kept.undone_at = Span(start, end), text, at, None
        return kept

    def followed(
        self, contents: dict[Kept, str], text: str, at: float, changer: Changer, *, typed: bool
    ) -> None:
        """Edits were followed: note who changed what, and what was taken back.

        Args:
            contents: what stood at each before.
            text: the document now.
            at: the time.
            changer: who made the edits, where that is known.
            typed: whether a user may have typed them.
        """
        for kept, before in contents.items():
            now = kept.span.of(text)
            if now == before:
                continue
            if changer:
                kept.changed_by = changer
            elif not typed:
                kept.shaken_at = at
            if now == kept.text:
                kept.undone_at = None

    def changed_by(self, changer: Changer, at: float) -> None:
        """Who made the edits of this moment, as far as nobody can have typed them."""
        for kept in self.texts:
            if at - kept.shaken_at <= TOGETHER and not kept.changed_by:
                kept.changed_by = changer

    def forget(self, offer: Offer) -> None:
        """Follow the accepted text of an offer no longer."""
        self.texts = [kept for kept in self.texts if kept.offer is not offer]

    def due(self) -> Iterator[float]:
        """When something is to be looked at."""
        for kept in self.texts:
            yield kept.next_check

    def advance(self, now: float) -> None:
        """Look at what is due. A check that was missed by far (the machine slept) is reported late, not twice."""
        for kept in list(self.texts):
            while kept.checks and kept.next_check <= now:
                self._report(kept, kept.checks.pop(0))
            if not kept.checks:
                self.texts.remove(kept)
