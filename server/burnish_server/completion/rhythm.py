"""How long to wait before the model is asked: from the user's typing and from how fast answers come."""

from __future__ import annotations

from collections import deque
from statistics import median, quantiles

__all__ = ["Rhythm"]

#: Longer gaps are pauses, not typing, in seconds.
_PAUSE = 1.0
_KEYS = 24
_ANSWERS = 16
_FEW = 5
#: Waiting never takes more than this share of the time an answer takes, nor longer than :data:`_LONGEST_MS`.
_SHARE = 0.5
_LONGEST_MS = 120.0


class Rhythm:
    """Learns the gaps between keystrokes and the time answers take, and chooses the debounce from them.

    A request that is overtaken by the next keystroke costs work but no time, for it is stopped at once. So the model is
    asked without delay wherever its answer tends to be there before the next key. Where it is slower than the
    user types, the wait lasts as long as most gaps between keys.
    """

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=_KEYS)
        self._answers: deque[float] = deque(maxlen=_ANSWERS)
        self._last: float | None = None

    def key(self, now: float) -> None:
        """A document changed at this reading of a clock, in seconds."""
        if self._last is not None and 0.0 < now - self._last < _PAUSE:
            self._gaps.append((now - self._last) * 1000)
        self._last = now

    def answered(self, milliseconds: float) -> None:
        """An engine's answer took so long, from the question to its end."""
        self._answers.append(milliseconds)

    def delay_ms(self, *, saving: bool = False) -> float:
        """Milliseconds to wait before asking; with ``saving``, work that may be wasted is avoided at any speed."""
        if len(self._gaps) < _FEW or not self._answers:
            return 0.0
        answer = median(self._answers)
        if not saving and answer <= median(self._gaps):
            return 0.0
        most_gaps = quantiles(self._gaps, n=4)[2]
        return min(most_gaps, _LONGEST_MS if saving else min(_LONGEST_MS, _SHARE * answer))
