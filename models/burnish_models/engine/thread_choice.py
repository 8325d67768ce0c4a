"""How many threads generate tokens: all that are allowed, or half of them where that is faster now.

Threads of one evaluation wait for each other at every graph node. On an idle machine more of them are faster; where another
program holds a core, every wait may last until the scheduler takes it away: tens of milliseconds for a token of one. So both are
measured while serving, such stalls included, and the faster one is taken.
"""

from __future__ import annotations

__all__ = ["ThreadChoice"]

#: Evaluations of either kind before the first decision.
_FIRST = 4
#: How fast a mean follows: slowly, for what makes threads slow is rare and long.
_SMOOTHING, _TRIAL_SMOOTHING = 0.05, 0.1
#: Half the threads are taken unless all are faster than this share of their time.
_WORTH = 0.95
#: The other kind is tried for so many evaluations in a row, after so many of the better kind; twice as many each time it loses.
_TRIAL = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 64, 1024


class ThreadChoice:
    """Chooses the number of threads for each single token, or for each small batch.

    Args:
        most: how many there may be.
        fixed: take all of them always.
    """

    def __init__(self, most: int, *, fixed: bool = False) -> None:
        self._threads = (most, most if fixed else max(1, most // 2))
        self._means = [0.0, 0.0]
        self._seen = [0, 0]
        self._wait = self._pause = _FIRST_PAUSE
        self._chosen = self._better = 0

    def pick(self) -> int:
        """The number of threads for the next token."""
        if self._threads[0] != self._threads[1]:
            self._chosen = self._next()
        return self._threads[self._chosen]

    def _next(self) -> int:
        if min(self._seen) < _FIRST:
            return int(self._seen[1] < self._seen[0])
        better = int(self._means[0] >= _WORTH * self._means[1])
        if better != self._better:
            self._better, self._pause, self._wait = better, _FIRST_PAUSE, _FIRST_PAUSE
        self._wait -= 1
        if self._wait > -_TRIAL:
            return better if self._wait >= 0 else 1 - better
        self._pause = self._wait = min(2 * self._pause, _LONGEST_PAUSE)
        return 1 - better

    def note(self, milliseconds: float) -> None:
        """Take note of what a token took for which threads were picked last."""
        seen = self._seen[self._chosen] = self._seen[self._chosen] + 1
        smoothing = _SMOOTHING if self._chosen == self._better else _TRIAL_SMOOTHING
        share = max(smoothing, 1.0 / seen)
        self._means[self._chosen] += share * (milliseconds - self._means[self._chosen])
