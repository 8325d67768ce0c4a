"""Whether there is power to spare: on battery, or while other programs need the processor, only what is asked for is
done.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

__all__ = ["PowerMonitor"]

#: Seconds that a look at the battery and the load stays valid.
_VALID = 5.0
#: Processes that want to run, per processor, from which on the machine counts as busy.
BUSY_LOAD = 2.0


def _on_battery() -> bool:
    sensors = getattr(psutil, "sensors_battery", None)  # missing on some systems
    battery = sensors() if sensors is not None else None
    return battery is not None and battery.power_plugged is False


def _load() -> float:
    """Processes that want to run, per processor, over the last minute."""
    return float(psutil.getloadavg()[0]) / (psutil.cpu_count() or 1)


class PowerMonitor:
    """Answers at once; looks at the machine every few seconds at most.

    Args:
        on_battery: whether the machine runs on its battery.
        load: processes that want to run, per processor.
        clock: a monotonic clock in seconds.
    """

    def __init__(
        self,
        on_battery: Callable[[], bool] = _on_battery,
        load: Callable[[], float] = _load,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_battery = on_battery
        self._load = load
        self._clock = clock
        self._seen: float | None = None
        self._scarce = False

    def spare(self, setting: str) -> bool:
        """Whether work may be done that nobody has asked for; ``setting`` is ``auto``, ``always`` or ``never``."""
        if setting != "auto":
            return setting == "always"
        now = self._clock()
        if self._seen is None or now - self._seen >= _VALID:
            self._seen = now
            self._scarce = self._on_battery() or self._load() >= BUSY_LOAD
        return not self._scarce
