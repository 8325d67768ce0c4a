"""Finite automata over events, and whether two accept the same sequences."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Difference", "Event", "Machine", "compare"]

_MOST_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something a function does. Two are the same if kind and text are; ``words`` is how users read it."""

    kind: str
    text: str
    words: str = field(default="", compare=False)


@dataclass(slots=True)
class Machine:
    """States are numbers; ``edges`` leads from each to others by an event, or by none."""

    edges: list[list[tuple[Event | None, int]]] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def state(self) -> int:
        """A new state without ways out."""
        self.edges.append([])
        return len(self.edges) - 1

    def after(self, event: Event | None, target: int) -> int:
        """A new state from which ``event`` leads to ``target``."""
        state = self.state()
        self.edges[state].append((event, target))
        return state

    def either(self, *targets: int) -> int:
        """A new state that is any of some others."""
        state = self.state()
        self.edges[state] += ((None, target) for target in targets)
        return state

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        """Some states and what they are without any event."""
        found = set(states)
        stack = list(found)
        while stack:
            for event, target in self.edges[stack.pop()]:
                if event is None and target not in found:
                    found.add(target)
                    stack.append(target)
        return frozenset(found)

    def moves(self, states: frozenset[int]) -> dict[Event, frozenset[int]]:
        """Where each event leads from some states."""
        found: dict[Event, set[int]] = {}
        for state in states:
            for event, target in self.edges[state]:
                if event is not None:
                    found.setdefault(event, set()).add(target)
        return {event: self.closure(targets) for event, targets in found.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """The shortest way to a place where two machines part.

    Attributes:
        path: the events up to there. before, after: what only the first, and only the second can do there. vast: they are too
            large to compare.
    """

    path: tuple[Event, ...] = ()
    before: tuple[Event, ...] = ()
    after: tuple[Event, ...] = ()
    vast: bool = False


def compare(one: Machine, other: Machine) -> Difference | None:
    """Where two machines differ; None where they accept the same sequences of events."""
    first = one.closure([one.start]), other.closure([other.start])
    seen = {first}
    queue: deque[tuple[frozenset[int], frozenset[int], tuple[Event, ...]]] = deque([(*first, ())])
    while queue:
        left, right, path = queue.popleft()
        here, there = one.moves(left), other.moves(right)
        if here.keys() != there.keys():
            only = tuple(event for event in here if event not in there)
            others = tuple(event for event in there if event not in here)
            return Difference(path, only, others)
        for event, target in here.items():
            pair = target, there[event]
            if pair not in seen:
                seen.add(pair)
                if len(seen) > _MOST_PAIRS:
                    return Difference(vast=True)
                queue.append((*pair, (*path[-3:], event)))
    return None
