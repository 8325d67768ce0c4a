"""The context of one file while it is worked on: it only grows, and only when the prompt is evaluated anew anyway.

Back at a place of before it is the one of before: that prompt's evaluation may still be kept.

The context stands before everything else in the prompt. Changing it throws away all that the engine has evaluated behind the
change. So new definitions go to its end, at moments when most of the prompt changes without it (the first look at a file, a
jump, a window that moved) or when nobody waits; a full one is made again from scratch at such a jump.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from burnish_analysis.graph.index import CodeGraph
from burnish_models.engine.base import ContextFile, FimPrompt
from burnish_server.context.gather import Candidate
from burnish_server.context.select import ReadLines, choose, lay_out, size_of

__all__ = ["Moment", "Room", "Session"]

#: At most this share of the prompt may still be good for it to count as evaluated anew anyway.
_LITTLE_KEPT = 0.35
#: A context made from scratch leaves this share of its budget free to grow.
_FREE = 0.3
#: In an idle moment the context grows only by what matters this much, and after so many seconds.
_IDLE_SCORE, _IDLE_PAUSE = 1.5, 5.0
#: Places of one document that are remembered, and the share of the prompt there that must still be the same.
_MOST_PLACES, _MOSTLY_KEPT = 8, 0.6
#: Smaller growth than this (characters) waits until more has come together.
_LEAST_GROWTH = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """What a change of the context would cost now: ``kept`` is the share of the prompt that needs no evaluation without it.

    ``idle`` means that nobody waits for the answer.
    """

    kept: float
    idle: bool

    @property
    def free(self) -> bool:
        """Whether the prompt is evaluated anew anyway."""
        return self.kept <= _LITTLE_KEPT


@dataclass(frozen=True, slots=True)
class Room:
    """Characters that a context may ever take, and those that this machine can evaluate quickly enough now."""

    most: int
    now: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A prompt that was served, and the context it had."""

    parts: tuple[str, ...]
    files: tuple[ContextFile, ...]
    shown: dict[tuple[str, str], str]


class Session:
    """The context of one document."""

    def __init__(self) -> None:
        self.files: tuple[ContextFile, ...] = ()
        self._shown: dict[tuple[str, str], str] = {}
        self._last: _Place | None = None
        self._places: deque[_Place] = deque(maxlen=_MOST_PLACES)
        self._grown = 0.0

    def moment(self, prompt: FimPrompt, *, idle: bool) -> Moment:
        """What changing the context before ``prompt`` would cost."""
        return Moment(_kept(self._last.parts, _parts(prompt)) if self._last is not None else 0.0, idle)

    def come_back(self, prompt_with: Callable[[tuple[ContextFile, ...]], FimPrompt]) -> bool:
        """Take up the context that stood before nearly the same prompt earlier; whether there was one.

        Args:
            prompt_with: the prompt at the place in question, beside that much context.
        """
        for place in reversed(self._places):
            if _kept(place.parts, _parts(prompt_with(place.files))) >= _MOSTLY_KEPT:
                self.files, self._shown = place.files, dict(place.shown)
                self.served(prompt_with(place.files))
                return True
        return False

    def served(self, prompt: FimPrompt) -> None:
        """This prompt goes to the engine, with the present context before it."""
        now = _Place(_parts(prompt), self.files, dict(self._shown))
        if self._last is not None and _kept(self._last.parts, now.parts) <= _LITTLE_KEPT:
            self._places.append(self._last)
        self._last = now

    def update(
        self,
        graph: CodeGraph,
        moment: Moment,
        room: Room,
        candidates: Callable[[], Sequence[Candidate]],
        read: ReadLines | None,
    ) -> None:
        """Let the context grow, or make it anew, if this is the moment. It never takes more than ``room.most`` characters."""
        if size_of(self.files) > (room.now if moment.free else room.most):
            self.files, self._shown = (), {}
        now = time.monotonic()
        waits = bool(self.files) and now - self._grown < _IDLE_PAUSE
        if not moment.free and (not moment.idle or waits):
            return
        found = candidates()
        if moment.free and self._outdated(found):
            self.files, self._shown = (), {}
        self._grow(graph, moment, room.now, found, read)
        self._grown = now

    def _grow(
        self,
        graph: CodeGraph,
        moment: Moment,
        budget: int,
        found: Sequence[Candidate],
        read: ReadLines | None,
    ) -> None:
        fresh = [candidate for candidate in found if candidate.key not in self._shown]
        if self.files and not moment.free:
            fresh = [candidate for candidate in fresh if candidate.score >= _IDLE_SCORE]
        if not fresh:
            return
        used = size_of(self.files)
        room = budget - used if self.files else int(budget * (1 - _FREE))
        chosen = choose(fresh, room)
        crowded_out = [c for c in fresh[: max(3, len(fresh) // 4)] if c not in chosen]
        if self.files and moment.free and crowded_out:
            self.files, self._shown = (), {}
            room = int(budget * (1 - _FREE))
            chosen = choose(found, room)
        added = lay_out(graph, chosen, room, read)
        if size_of(added) < _LEAST_GROWTH:
            return
        self.files = (*self.files, *added)
        shown_paths = {file.path for file in added}
        self._shown |= {c.key: c.symbol.signature for c in chosen if c.path in shown_paths}

    def _outdated(self, found: Sequence[Candidate]) -> bool:
        """Whether a definition that still matters now reads otherwise."""
        return any(self._shown.get(c.key, c.symbol.signature) != c.symbol.signature for c in found)


def _parts(prompt: FimPrompt) -> tuple[str, ...]:
    """What stands behind the context, in the order of evaluation."""
    return prompt.prefix, prompt.suffix, prompt.typed


def _kept(before: tuple[str, ...], now: tuple[str, ...]) -> float:
    """The share of a prompt that was evaluated when ``before`` was."""
    kept = total = 0
    same = True
    for old, new in zip(before, now, strict=True):
        total += len(new)
        if same:
            common = _common(old, new)
            kept += common
            same = common == len(old) == len(new)
    return kept / total if total else 1.0


def _common(first: str, second: str) -> int:
    """How many leading characters are the same, by bisection."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
