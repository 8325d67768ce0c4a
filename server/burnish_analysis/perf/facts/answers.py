"""Which answers rest on others that are still being worked out, so that what is found does not depend on what was asked first."""

from __future__ import annotations

from collections.abc import Hashable

__all__ = ["Answers"]


class Answers:
    """Questions that are open, innermost last, and the answers that used what was assumed of an open question.

    Such an answer may differ from what it would be without the assumption. It is good only until that question is answered.
    """

    def __init__(self) -> None:
        self._open: dict[Hashable, int] = {}
        #: How far out the outermost open question is that was used since the innermost began; their number where none was.
        self._used: list[int] = []
        #: Answers that rest on an open question: its place among those, and a number that only grows.
        self._resting: dict[Hashable, tuple[int, int]] = {}
        #: Which number was next when each open question began.
        self._before: list[int] = []
        self._next = 0

    def asked(self, key: Hashable) -> None:
        """An answer that is there already, or is assumed, was used."""
        place = self._open.get(key)
        if place is None and key in self._resting:
            place = self._resting[key][0]
        if place is not None and self._used:
            self._used[-1] = min(self._used[-1], place)

    def begin(self, key: Hashable) -> None:
        """A question is open now."""
        self._open[key] = len(self._used)
        self._before.append(self._next)
        self._used.append(len(self._used))

    def end(self, key: Hashable) -> list[Hashable]:
        """The innermost open question is answered; gives the answers that rested on it, which are good no more."""
        place = self._open.pop(key)
        used, before = self._used.pop(), self._before.pop()
        self._resting.pop(key, None)
        inner = []
        for other, (_, number) in reversed(self._resting.items()):
            if number < before:
                break
            inner.append(other)
        if used == place:
            for other in inner:
                del self._resting[other]
            return inner
        for other in inner:  # this question is open no more, but what it rests on is
            outer, number = self._resting[other]
            self._resting[other] = min(outer, used), number
        self._resting[key] = used, self._next
        self._next += 1
        self._used[-1] = min(self._used[-1], used)
        return []
