"""Edits of a document, and ranges that keep their place through them. Offsets are indices into the document's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from burnish_server.learning.distance import changes

__all__ = ["Edit", "Span", "Touch", "plain", "refined"]

#: How an edit met a span: not at all (``before``, ``after``), at its left or right border from outside, within it (its borders
#: included), or across a border.
Touch = Literal["before", "left", "inside", "across", "right", "after"]

#: Cells of the table that compares two texts; above this an edit is taken as it is.
_MOST_LINE_CELLS = 4_000_000
_MOST_CHARACTER_CELLS = 1_000_000
#: Farther than this, in characters, no edit is moved.
_FARTHEST = 1_000


def plain(text: str) -> str:
    r"""The text with lines that end in ``\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


@dataclass(frozen=True, slots=True)
class Edit:
    """``[start, end)`` of the text before is replaced by ``text``."""

    start: int
    end: int
    text: str

    @property
    def delta(self) -> int:
        """By how much the document grows."""
        return len(self.text) - (self.end - self.start)

    def applied(self, before: str) -> str:
        """The text after it."""
        return before[: self.start] + self.text + before[self.end :]

    def minimal(self, before: str) -> Edit:
        """The same change without what stays as it is at both ends."""
        if self.start == self.end or not self.text:
            return self
        removed = before[self.start : self.end]
        head = _common_prefix(removed, self.text)
        tail = _common_prefix(removed[head:][::-1], self.text[head:][::-1])
        return Edit(self.start + head, self.end - tail, self.text[head : len(self.text) - tail])

    def moved_to(self, before: str, place: int) -> Edit:
        """The same change as one that begins at ``place``, if it can be read so; otherwise itself.

        Whoever compares two texts cannot tell at which of several equal characters one was inserted or deleted.
        """
        low, high = min(place, self.start), max(place, self.start)
        if low == high or high - low > _FARTHEST:
            return self
        between, size = before[low:high], self.end - self.start
        if not size:
            whole = between + self.text if place == low else self.text + between
            text = whole[: len(self.text)] if place == low else whole[len(between) :]
            same = (text + between if place == low else between + text) == whole
            return Edit(place, place, text) if same else self
        if not self.text and between == before[low + size : high + size]:
            return Edit(place, place + size, "")
        return self


def refined(edit: Edit, before: str) -> Iterator[Edit]:
    """The change in as small pieces as are worth telling apart, to be applied one after the other.

    Clients that send whole documents, and formatters, replace much of which little changes.
    """
    edit = edit.minimal(before)
    removed = before[edit.start : edit.end]
    if not removed or not edit.text:
        yield edit
        return
    if "\n" in removed and "\n" in edit.text:
        old, new = removed.splitlines(keepends=True), edit.text.splitlines(keepends=True)
        if len(old) * len(new) > _MOST_LINE_CELLS:
            yield edit
            return
        moved = 0
        for part in _parts(old, new):
            piece = Edit(edit.start + part.start + moved, edit.start + part.end + moved, part.text)
            yield from _characters(piece, removed[part.start : part.end])
            moved += part.delta
        return
    yield from _characters(edit, removed)


def _parts(old: list[str], new: list[str]) -> Iterator[Edit]:
    """What changes from some lines to others, with offsets into the old lines; lines of a changed block go in pairs."""
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    for a, b, c, d in changes(old, new):
        if b - a == d - c:
            for offset in range(b - a):
                yield Edit(starts[a + offset], starts[a + offset + 1], new[c + offset])
        else:
            yield Edit(starts[a], starts[b], "".join(new[c:d]))


def _characters(edit: Edit, removed: str) -> Iterator[Edit]:
    """One edit as edits of characters."""
    if not removed or not edit.text or len(removed) * len(edit.text) > _MOST_CHARACTER_CELLS:
        yield edit
        return
    moved = edit.start
    for a, b, c, d in changes(removed, edit.text):
        yield Edit(a + moved, b + moved, edit.text[c:d])
        moved += (d - c) - (b - a)


def _common_prefix(one: str, other: str) -> int:
    """The length of what both begin with."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


@dataclass(slots=True)
class Span:
    """A stretch ``[start, end)`` of a document."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """What stands there, with plain line ends."""
        return plain(text[self.start : self.end])

    def touched_by(self, edit: Edit) -> Touch:
        """How an edit meets it."""
        if self.start <= edit.start and edit.end <= self.end:
            return "inside"
        if edit.end <= self.start:
            return "left" if edit.end == self.start else "before"
        if edit.start >= self.end:
            return "right" if edit.start == self.end else "after"
        return "across"

    def grow(self, edit: Edit) -> Touch:
        """Follow an edit; what is inserted at a border belongs to the span."""
        touch = self.touched_by(edit)
        if touch in ("before", "left"):
            self._shift(edit.delta)
        elif touch == "inside":
            self.end += edit.delta
        elif touch == "across":
            self.start, self.end = min(self.start, edit.start), max(self.end, edit.end) + edit.delta
        return touch

    def keep(self, edit: Edit) -> Touch:
        """Follow an edit; what is inserted at a border, or replaces a border, does not belong to the span."""
        touch = self.touched_by(edit)
        if touch in ("before", "left") or (touch == "inside" and edit.start == edit.end == self.start):
            self._shift(edit.delta)
            return "left" if touch == "inside" else touch
        if touch == "inside" and edit.start == edit.end == self.end:
            return "right"
        if touch == "inside":
            self.end += edit.delta
        elif edit.start < self.start and edit.end <= self.end and touch == "across":
            self.start, self.end = edit.start + len(edit.text), self.end + edit.delta
        elif touch == "across":
            self.start, self.end = min(self.start, edit.start), edit.start
        return touch

    def _shift(self, by: int) -> None:
        self.start += by
        self.end += by
