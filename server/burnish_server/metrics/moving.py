"""Figures of an earlier text, kept in their places while the text is edited or half-written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from burnish_server.learning.ranges import Edit, refined
from burnish_server.metrics.model import Function, Measured, Told

__all__ = ["moved"]


def moved(measured: Measured, edits: Iterable[Edit], before: str) -> Measured:
    """What was measured, after some edits. What is told of a name that is gone goes with it.

    Args:
        edits: in order, each with offsets into the text that the one before left.
        before: the text before the first of them.
    """
    for edit in edits:
        if not measured.functions and not measured.told:
            break
        # A client that sends whole documents changes little of most of them.
        for piece in refined(edit, before):
            measured = _after(measured, piece)
            before = piece.applied(before)
    return measured


def _after(measured: Measured, edit: Edit) -> Measured:
    functions = tuple(_function(one, edit) for one in measured.functions if not _gone(one, edit))
    told = tuple(_told(one, edit) for one in measured.told if not _gone(one, edit))
    return replace(measured, functions=functions, told=told)


def _gone(one: Function | Told, edit: Edit) -> bool:
    """Whether an edit takes a whole name away."""
    return edit.start <= one.start < one.end <= edit.end


def _function(one: Function, edit: Edit) -> Function:
    if one.last < edit.start:
        return one
    start, end = _span(one.start, one.end, edit)
    first, last = _span(one.first, one.last, edit)
    decisions = tuple(replace(each, start=_place(each.start, edit)) for each in one.decisions)
    return replace(one, start=start, end=end, first=first, last=last, decisions=decisions)


def _told(one: Told, edit: Edit) -> Told:
    start, end = _span(one.start, one.end, edit)
    return replace(one, start=start, end=end)


def _span(start: int, end: int, edit: Edit) -> tuple[int, int]:
    """Where a span stands after an edit; what is written in it or at its end belongs to it."""
    start = _place(start, edit)
    if edit.start == end and edit.text[:1] in ("\r", "\n", " ", "("):
        return start, end
    return start, max(start, _place(end, edit))


def _place(offset: int, edit: Edit) -> int:
    if offset < edit.start:
        return offset
    return offset + edit.delta if offset >= edit.end else edit.start + len(edit.text)
