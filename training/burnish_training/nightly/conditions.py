"""When a run may use the machine: on mains power, while nobody types and no other program needs the processor."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

__all__ = ["ACTIVITY_FILE", "Conditions", "lower_priority"]

#: The language server touches this file below the home folder at keystrokes.
ACTIVITY_FILE = "activity"
#: Seconds since the last keystroke for which somebody counts as typing.
TYPING_S = 60.0
#: Processors' worth of work by others, as a share of all, from which on the machine counts as busy.
BUSY_SHARE = 0.5
_VALID_S = 2.0


def _on_battery() -> bool:
    sensors = getattr(psutil, "sensors_battery", None)  # missing on some systems
    battery = sensors() if sensors is not None else None
    return battery is not None and battery.power_plugged is False


class _OthersLoad:
    """The share of the processors that processes other than this one and its children used since the last call."""

    def __init__(self) -> None:
        self._self = psutil.Process()
        self._before = self._now()

    def _now(self) -> tuple[float, float, float]:
        times = psutil.cpu_times()
        busy = times.user + times.system + float(getattr(times, "nice", 0.0))
        return time.monotonic(), busy, self._own()

    def _own(self) -> float:
        """Processor seconds of this process and all its children."""
        seconds = 0.0
        for process in (self._self, *self._self.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            seconds += times.user + times.system + times.children_user + times.children_system
        return seconds

    def __call__(self) -> float:
        now = self._now()
        seconds = max(now[0] - self._before[0], 1e-3)
        others = (now[1] - self._before[1]) - (now[2] - self._before[2])
        self._before = now
        return max(0.0, others) / seconds / (psutil.cpu_count() or 1)


class Conditions:
    """Says what stands against working now. Answers at once; looks at the machine every few seconds at most.

    Args:
        home: Burnish's home folder.
        now: the user wants it now; nothing stands against it then.
        on_battery: whether the machine runs on its battery.
        load: share of the processors that others use.
        clock: seconds since 1970, as file times count them.
    """

    def __init__(
        self,
        home: Path,
        *,
        now: bool,
        on_battery: Callable[[], bool] = _on_battery,
        load: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._activity = home / ACTIVITY_FILE
        self._now = now
        self._on_battery = on_battery
        self._load = load or _OthersLoad()
        self._clock = clock
        self._seen: tuple[float, str] | None = None

    def hindrance(self) -> str:
        """What stands against it, as a clause (``the machine runs on its battery``); empty where nothing does."""
        if self._now:
            return ""
        now = self._clock()
        if self._seen is None or not 0 <= now - self._seen[0] < _VALID_S:
            self._seen = now, self._look(now)
        return self._seen[1]

    def _look(self, now: float) -> str:
        if self._typing(now):
            return "somebody is typing"
        if self._on_battery():
            return "the machine runs on its battery"
        if self._load() >= BUSY_SHARE:
            return "other programs need the processor"
        return ""

    def _typing(self, now: float) -> bool:
        try:
            return now - self._activity.stat().st_mtime < TYPING_S
        except OSError:
            return False


def lower_priority() -> None:
    """Give way to everything else: processor and disk, as far as the system lets us."""
    process = psutil.Process()
    try:
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(process.nice(), 15))
        if sys.platform.startswith("linux"):
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
    except (psutil.Error, OSError, ValueError):
        # A container may forbid it; the run is only less polite then.
        return
