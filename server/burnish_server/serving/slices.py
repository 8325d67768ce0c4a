"""Slices of time in which the model serves alone though an adapter is active, so that both stay comparable.

Which slices is drawn at random, from the adapter and the number of the slice alone: all windows agree on it, a restart
changes nothing, and it cannot follow the user's day.
"""

from __future__ import annotations

import random

__all__ = ["SHARE", "SLICE_SECONDS", "Slices"]

#: Length of a slice. A swap drops the evaluated prompts, so slices are long against the time between two requests.
SLICE_SECONDS = 300.0
#: Of all slices, this share is the model's alone.
SHARE = 0.1


class Slices:
    """Says for moments (seconds since the epoch) whose turn it is.

    Args:
        share: of the slices, how many are comparison slices, 0 to 1.
        seconds: their length.
    """

    def __init__(self, share: float = SHARE, seconds: float = SLICE_SECONDS) -> None:
        self.share = share
        self.seconds = seconds

    def comparison(self, adapter: str, now: float, since: float) -> bool:
        """Whether the model serves alone at ``now``; never in the slice in which ``adapter`` began to serve."""
        number = int(now // self.seconds)
        if number <= int(since // self.seconds):
            return False
        return random.Random(f"{adapter}:{number}").random() < self.share
