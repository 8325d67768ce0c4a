"""Guesses of the coming tokens, looked up in what was written before.

Three sources: the latest place in the prompt or the answer whose past agrees longest with the present, the same in
the workspace's memory, and the place that was followed last. Code repeats itself with small changes (the next test, the
next handler), so after a wrong guess the place is followed further: the tokens that stood there, with what was
replaced once (a name, a number) replaced again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from burnish_models.workspace_memory.recall import Recall
from burnish_models.workspace_memory.suffixes import SEPARATOR, PromptMatches

__all__ = ["Draft", "Followed", "Lookup", "Place"]

#: Shorter matches are chance.
_SHORTEST_MATCH = 2
#: A followed place is given up after so many wrong tokens without a right run between them.
_MOST_MISSES = 3
_FORGIVING_RUN = 4


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A position in a sequence of tokens: what stands from there on is the guess.

    ``tokens`` is None for the prompt and the answer so far, which grow.
    """

    tokens: NDArray[np.int32] | None
    at: int

    def same(self, other: Place) -> bool:
        """Whether this is ``other``."""
        return self.at == other.at and self.tokens is other.tokens


@dataclass(frozen=True, slots=True)
class Draft:
    """Guessed tokens. ``source`` tells by what: ``("match", tokens that agreed)`` or ``("followed", right since a wrong one)``."""

    tokens: Sequence[int]
    source: tuple[str, int]
    place: Place


@dataclass(slots=True)
class Followed:
    """The place that the answer runs along, and how."""

    place: Place
    replaced: dict[int, int] = field(default_factory=dict)
    run: int = 0
    misses: int = 0


class Lookup:
    """The tokens of one request, and where to look for what comes next.

    Args:
        tokens: the prompt.
        recall: the workspace's memory, asked too. It knows the answer so far already when :meth:`add` is called.
    """

    def __init__(self, tokens: Sequence[int], recall: Recall | None = None) -> None:
        self._recall = recall
        self._own = recall.history if recall is not None else PromptMatches(tokens)
        self._followed: Followed | None = None

    def add(self, token: int) -> None:
        """Append a token."""
        if self._recall is None:
            self._own.add(token)
        if self._followed is not None:
            self._followed = self._step(self._followed, token)

    def follow(self, draft: Draft) -> None:
        """Run along the place of ``draft`` from now on, unless that is done already."""
        if draft.source[0] == "match" and not (self._followed and self._followed.place.same(draft.place)):
            self._followed = Followed(draft.place)

    def drafts(self, at_most: int) -> list[Draft]:
        """Guesses of up to ``at_most`` tokens from every source that has one."""
        found = []
        if self._followed is not None:
            tokens = self._follow(self._followed.place, at_most)
            replaced = self._followed.replaced
            if tokens and (replaced or self._followed.misses):
                guess = [replaced.get(token, token) for token in tokens]
                found.append(Draft(guess, ("followed", self._followed.run), self._followed.place))
        at, length = self._own.latest()
        if self._recall is not None:
            known = self._recall.in_workspace()
            if known.length > max(length, _SHORTEST_MATCH - 1):
                index, positions = known.places[0]
                place = Place(index.tokens, int(positions[-1]))
                found.append(Draft(self._follow(place, at_most), ("match", known.length), place))
                return found
        if length >= _SHORTEST_MATCH:
            place = Place(None, at)
            found.append(Draft(self._follow(place, at_most), ("match", length), place))
        return found

    def _follow(self, place: Place, at_most: int) -> list[int]:
        """The tokens from ``place`` on; of one document, or of the prompt and the answer, repeated where they end."""
        if place.tokens is not None:
            document: list[int] = place.tokens[place.at : place.at + at_most].tolist()
            return document[: document.index(SEPARATOR)] if SEPARATOR in document else document
        own: list[int] = self._own.tokens[place.at : place.at + at_most].tolist()
        return (own * -(-at_most // len(own)))[:at_most] if own else []

    def _step(self, followed: Followed, token: int) -> Followed | None:
        """The place one token on, after ``token`` was chosen; None where it is no longer worth following."""
        place = followed.place
        tokens = place.tokens if place.tokens is not None else self._own.tokens
        if place.at >= len(tokens) or (stood := int(tokens[place.at])) == SEPARATOR:
            return None
        followed.place = Place(place.tokens, place.at + 1)
        if followed.replaced.get(stood, stood) == token:
            followed.run += 1
            if followed.run >= _FORGIVING_RUN:
                followed.misses = min(followed.misses, 1)
            return followed
        followed.replaced[stood] = token
        followed.run = 0
        followed.misses += 1
        return followed if followed.misses < _MOST_MISSES else None
