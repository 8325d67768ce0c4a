"""Time as the learning package reads it; tests give a clock of their own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["Clock", "HourlyBudget"]


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """``monotonic`` gives seconds for durations, ``utc`` the time that events are stamped with."""

    monotonic: Callable[[], float] = time.monotonic
    utc: Callable[[], datetime] = _utc

    def now(self) -> float:
        """Seconds since some moment."""
        return self.monotonic()

    def time_of(self, reading: float) -> datetime:
        """The time at which :meth:`now` gave ``reading``."""
        return self.utc() - timedelta(seconds=self.monotonic() - reading)


class HourlyBudget:
    """Allows something so often an hour.

    Args:
        most: times within any 3,600 seconds.
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._times: deque[float] = deque()

    def take(self) -> bool:
        """Use one of them; false where none is left."""
        now = self._clock.now()
        while self._times and now - self._times[0] >= 3_600:
            self._times.popleft()
        if len(self._times) >= self._most:
            return False
        self._times.append(now)
        return True
