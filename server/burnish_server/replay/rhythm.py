"""How long a typist takes between two keys: seeded, log-normal, slower where one thinks.

Intervals between keys are close to log-normal. The medians here are those of practised typists writing text
(Dhakal et al. 2018, "Observations on typing from 136 million keystrokes", CHI: mean interval 239 ms, 120 ms for the
fastest tenth), quicker inside a word than at its beginning; a line, and more so another place, begins with a pause. Going to
another place is a hand to the mouse and a click, and then a hand back and a look (0.4 s, 1.1 s, 0.4 s and up to 1.35 s in the
keystroke-level model of Card, Moran and Newell 1980).
"""

from __future__ import annotations

import math
import random

__all__ = ["Rhythm"]

#: Median in milliseconds and sigma of the logarithm, by what the key does.
_INTERVALS: dict[str, tuple[float, float]] = {
    "inside": (130.0, 0.40),
    "word": (210.0, 0.45),
    "enter": (320.0, 0.50),
    "line": (650.0, 0.80),
    "mistake": (360.0, 0.40),
    "repeat": (90.0, 0.25),
    "jump": (1500.0, 0.60),
    "switch": (2200.0, 0.60),
    "arrive": (1200.0, 0.50),
    "save": (500.0, 0.40),
}
_SHORTEST_MS, _LONGEST_MS = 30.0, 15_000.0


class Rhythm:
    """Draws intervals from one random generator."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def interval(self, what: str) -> float:
        """Milliseconds before a key (or another action) of this sort."""
        median, sigma = _INTERVALS[what]
        drawn = self._rng.lognormvariate(math.log(median), sigma)
        return round(min(max(drawn, _SHORTEST_MS), _LONGEST_MS), 1)
