"""Fitting a line into what the editor has already closed: which characters it replaces and which it must
close.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.brackets import Balance, balance

__all__ = ["Fit", "fit"]

_CLOSERS = ")]}"
#: Left context that is lexed; a top-level statement longer than this is read from its last part only.
_MAX_BEFORE = 20_000


@dataclass(frozen=True, slots=True)
class Fit:
    """The text to insert, and how many characters right of the cursor it replaces."""

    text: str
    covered: int


def fit(before: str, text: str, rest: str) -> Fit:
    """Fit a one-line completion between ``before`` and ``rest``.

    Args:
        before: the code left of the cursor, from a place that is outside any string and bracket.
        text: what the model wrote, without line ends.
        rest: what stands right of the cursor on its line.

    A closer in ``text`` that the editor has auto-closed replaces the editor's; a rest of the line that
    ``text`` repeats is replaced as a whole; a closer at the end that nothing opened is left out; a
    bracket that ``text`` opened is closed where the rest of the line shows that the statement ends
    there. Brackets left open in ``before`` are never closed: whoever opened them may go on.
    """
    before = before[-_MAX_BEFORE:]
    rest = rest.rstrip()
    base = balance(before + rest)
    whole = Fit(text, len(rest))
    if rest and text.endswith(rest):
        plain = not any(character in _CLOSERS + "\"'" for character in rest)
        if _accepted(before, whole, rest, base) and (plain or any(map(str.isalnum, rest))):
            return whole
    for candidate in _candidates(text, rest):
        if _accepted(before, candidate, rest, base):
            return candidate
    return Fit(text, 0)


def _candidates(text: str, rest: str) -> Iterator[Fit]:
    yield Fit(text, 0)
    if rest and text.endswith(rest):
        yield Fit(text, len(rest))
    for covered in range(1, _auto_closed(rest) + 1):
        if text.count(rest[covered - 1]):
            yield Fit(text, covered)
    inner = balance(text)
    if inner.closers and any(character in _CLOSERS for character in rest):
        for count in range(1, len(inner.closers) + 1):
            yield Fit(text + inner.closers[:count], 0)
    shorter = text
    while shorter and shorter[-1] in _CLOSERS:
        shorter = shorter[:-1].rstrip()
        yield Fit(shorter, 0)


def _accepted(before: str, candidate: Fit, rest: str, base: Balance) -> bool:
    """Whether the line with the candidate in it is no worse balanced than without."""
    after = balance(before + candidate.text + rest[candidate.covered :])
    opens_line = not any(character in _CLOSERS for character in rest)
    return (
        len(after.unopened) <= len(base.unopened)
        and (opens_line or len(after.unclosed) <= len(base.unclosed))
        and (not after.open_quote or bool(base.open_quote))
    )


def _auto_closed(rest: str) -> int:
    """Length of the run of closers and quotes right of the cursor that an editor may have typed."""
    run = 0
    while run < len(rest) and rest[run] in _CLOSERS + "\"'":
        run += 1
    return run
