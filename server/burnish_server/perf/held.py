"""Findings of an earlier text, kept in their places while the text is edited or half-written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from burnish_server.learning.ranges import Edit, refined
from burnish_server.perf.model import Found

__all__ = ["Held", "moved"]

_ENDS = "\r\n"


@dataclass(frozen=True, slots=True)
class Held:
    """A finding and where it stands in the present text."""

    found: Found
    start: int
    end: int


def moved(held: Iterable[Held], edits: Iterable[Edit], before: str) -> list[Held]:
    """The findings after some edits. Those on a line that was touched are gone: they may not be true any more.

    Args:
        edits: in order, each with offsets into the text that the one before left.
        before: the text before the first of them.
    """
    kept = list(held)
    for edit in edits:
        if not kept:
            break
        # A client that sends whole documents changes little of most of them.
        for piece in refined(edit, before):
            kept = [place for one in kept if (place := _after(one, piece, before)) is not None]
            before = piece.applied(before)
    return kept


def _after(held: Held, edit: Edit, before: str) -> Held | None:
    first, last = _lines(before, held.start, held.end)
    if edit.start > last or (edit.start == last and edit.text[:1] in ("\r", "\n")):
        return held
    whole_lines = edit.text.endswith(("\n", "\r")) or not edit.text
    if edit.end < first or (edit.end == first and whole_lines and _begins_line(before, edit.start)):
        return Held(held.found, held.start + edit.delta, held.end + edit.delta)
    return None


def _lines(text: str, start: int, end: int) -> tuple[int, int]:
    """From the beginning of the first line to the end of the last, without its line end."""
    first = max(text.rfind(character, 0, start) for character in _ENDS) + 1
    ends = [place for character in _ENDS if (place := text.find(character, end)) >= 0]
    return first, min(ends, default=len(text))


def _begins_line(text: str, offset: int) -> bool:
    return offset == 0 or text[offset - 1] in _ENDS
