"""Moves the offers and accepted texts of a document along with its edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish_server.learning.offers import Offer
from burnish_server.learning.ranges import Edit, Span
from burnish_server.learning.survival import Kept, Survival

__all__ = ["Contact", "Following", "one_line"]

#: Farther apart than this, in characters, two places are not looked at for a line end between them.
_FAR = 5_000


@dataclass(slots=True)
class Contact:
    """How the edits of one change met an offer."""

    inside: bool = False
    across: bool = False
    left: bool = False
    inserted: str = ""
    #: Another line was changed.
    away: bool = False


class Following:
    """What is followed in one document.

    Args:
        text: the document now.
        survival: the accepted texts.
    """

    def __init__(self, text: str, survival: Survival) -> None:
        self.text = text
        self.offers: list[Offer] = []
        self.survival = survival
        self._cursor: int | None = None

    def _placed(self, edit: Edit, text: str) -> Edit:
        """The edit where it makes most sense: at a suggestion, if it may as well be read as one there."""
        if edit.start == edit.end:
            for offer in self.offers:
                if offer.span.touched_by(edit) != "inside":
                    moved = edit.moved_to(text, offer.span.end - len(offer.right))
                    if moved is not edit:
                        return moved
        elif not edit.text:
            for kept in self.survival.texts:
                if kept.span.touched_by(edit) != "inside":
                    moved = edit.moved_to(text, kept.span.start)
                    if moved is not edit:
                        return moved
        return edit

    def _follow(self, edit: Edit, text: str, contacts: dict[Offer, Contact], whole: set[Kept]) -> None:
        """Move everything along with an edit of ``text``; ``whole`` loses accepted texts that it cuts across."""
        for kept in self.survival.texts:
            if kept.follow(edit, text) == "across":
                whole.discard(kept)
        for offer, contact in contacts.items():
            span = offer.span
            away = not (
                one_line(text, edit.end, span.start)
                if edit.end < span.start
                else one_line(text, span.end, edit.start)
            )
            match span.grow(edit):
                case "inside":
                    contact.inside = True
                    contact.inserted += edit.text
                case "across":
                    contact.across = True
                case "left":
                    contact.left = True
                case _:
                    contact.away = contact.away or away

    def _may_be_typed(self, edits: Sequence[Edit]) -> bool:
        """Whether a user may have typed this: one edit, where they were before."""
        if len(edits) != 1:
            return False
        edit = edits[0].minimal(self.text)
        if "\n" in edit.text and "\n" in self.text[edit.start : edit.end]:
            return False
        cursor = self._cursor
        if cursor is None or edit.start <= cursor <= edit.end:
            return True
        return one_line(self.text, min(cursor, edit.start), max(cursor, edit.start))

    def _same_line(self, span: Span, place: int) -> bool:
        if place < span.start:
            return one_line(self.text, place, span.start)
        return place <= span.end or one_line(self.text, span.end, place)


def one_line(text: str, start: int, end: int) -> bool:
    """Whether no line ends between two places."""
    return end - start <= _FAR and "\n" not in text[start:end]
