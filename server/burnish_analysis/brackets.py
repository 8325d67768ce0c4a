"""Bracket balance of a piece of Python, read by a tiny lexer that knows strings and comments.

It works on text that no parser accepts (half a call, the middle of a line), which is what a completion is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Balance", "balance", "closer_of"]

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<triple>[rbfuRBFU]{0,2}(?:\"\"\"|'''))
  | (?P<quote>["'])
  | (?P<bracket>[()\[\]{}])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Balance:
    """What a piece of text leaves open and what it closes that it did not open.

    Attributes:
        unopened: closing brackets without an opening one in the text, in order, e.g. ``"))"``.
        unclosed: opening brackets still open at the end, outermost first, e.g. ``"(["``.
        open_quote: the quote that is still open at the end (``'"'``, ``"'"``, or three of them), or ``""``.
        in_comment: whether the text ends inside a comment.
    """

    unopened: str
    unclosed: str
    open_quote: str
    in_comment: bool

    @property
    def closers(self) -> str:
        """The text that closes everything in ``unclosed``, innermost first."""
        return "".join(_CLOSERS[opener] for opener in reversed(self.unclosed))


def closer_of(opener: str) -> str:
    """The closing bracket of ``opener``."""
    return _CLOSERS[opener]


def balance(text: str) -> Balance:
    """Read ``text`` from outside any string and report its bracket balance.

    A bracket of the wrong kind closes nothing and counts as unopened. A single-quoted string ends at
    its line's end.
    """
    stack: list[str] = []
    unopened: list[str] = []
    position = 0
    while match := _TOKEN.search(text, position):
        position = match.end()
        if match["comment"]:
            if position == len(text):
                return Balance("".join(unopened), "".join(stack), "", in_comment=True)
        elif match["bracket"]:
            _count(match["bracket"], stack, unopened)
        else:
            quote = (match["triple"] or match["quote"])[-3:] if match["triple"] else match["quote"]
            end = _string_end(text, position, quote)
            if end is None:
                return Balance("".join(unopened), "".join(stack), quote, in_comment=False)
            position = end
    return Balance("".join(unopened), "".join(stack), "", in_comment=False)


def _count(bracket: str, stack: list[str], unopened: list[str]) -> None:
    if bracket in _CLOSERS:
        stack.append(bracket)
    elif stack and _CLOSERS[stack[-1]] == bracket:
        stack.pop()
    else:
        unopened.append(bracket)


def _string_end(text: str, start: int, quote: str) -> int | None:
    """Offset just after the string that opened before ``start``; ``None`` when the text ends inside it."""
    position = start
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
        elif text.startswith(quote, position):
            return position + len(quote)
        elif character == "\n" and len(quote) == 1:
            return position
        else:
            position += 1
    return None
