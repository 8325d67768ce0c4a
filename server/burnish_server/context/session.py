"""The context of one file while it is worked on: it only grows, and only when the prompt is evaluated anew anyway.

The context stands before everything else in the prompt. Changing it throws away all that the engine has evaluated behind the
change. So new definitions go to its end, at moments when most of the prompt changes without it (the first look at a file, a
jump, a window that moved) or when nobody waits; a full one is made again from scratch at such a jump.
"""

from __future__ import annotations

import time
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


class Session:
    """The context of one document."""

    def __init__(self) -> None:
        self.files: tuple[ContextFile, ...] = ()
        self._shown: dict[tuple[str, str], str] = {}
        self._last: tuple[str, ...] | None = None
        self._grown = 0.0

    def moment(self, prompt: FimPrompt, *, idle: bool) -> Moment:
        """What changing the context before ``prompt`` would cost."""
        if self._last is None:
            return Moment(0.0, idle)
        kept = total = 0
        same = True
        for before, now in zip(self._last, _parts(prompt), strict=True):
            total += len(now)
            if same:
                common = _common(before, now)
                kept += common
                same = common == len(before) == len(now)
        return Moment(kept / total if total else 1.0, idle)

    def served(self, prompt: FimPrompt) -> None:
        """This prompt goes to the engine, with the present context before it."""
        self._last = _parts(prompt)

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
