"""Knows when somebody typed last, tells trainings so, and starts one by itself when nobody does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from burnish_server.serving.runs import last_started, running
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.errors import ConsentError

__all__ = ["ACTIVITY_FILE", "Activity", "IdleTraining", "may_train"]

log = logging.getLogger(__name__)

#: Below the home folder; a training in the background pauses while its time of change is recent.
ACTIVITY_FILE = "activity"
_TOUCH_SECONDS = 10.0
#: Nobody has typed for so long: the user is away.
IDLE_SECONDS = 900.0
_LOOK_SECONDS = 60.0
#: Seconds between the beginnings of two runs, a little less than a day so that the hour does not wander.
_A_DAY = 20 * 3600.0


def may_train(consent: ConsentFile) -> bool:
    """Whether the user agreed that the model learns; an unreadable answer is none."""
    try:
        return consent.read().train.holds
    except ConsentError:
        return False


class Activity:
    """The user's last keystroke.

    Args:
        home: Burnish's home folder; nothing is written below it unless it is there and the user agreed to training.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = home / ACTIVITY_FILE
        self._consent = ConsentFile(home)
        self._clock = clock
        self._typed = clock()
        self._touched: float | None = None

    @property
    def idle_seconds(self) -> float:
        """Since the last keystroke, or since the server was started."""
        return self._clock() - self._typed

    def note(self) -> None:
        """Somebody types. Costs nothing but every ten seconds, and then some microseconds."""
        now = self._typed = self._clock()
        if self._touched is not None and now - self._touched < _TOUCH_SECONDS:
            return
        self._touched = now
        if not may_train(self._consent):
            return
        try:
            self._file.touch(mode=0o600)
        except OSError as error:  # no home folder, no room, no permission: a training does not pause then
            log.debug("%s cannot be touched: %s", self._file, error)


class IdleTraining:
    """Starts a run once a day, while nobody types, on mains power, where the user wants that.

    Args:
        home: Burnish's home folder.
        activity: knows the last keystroke.
        spare: whether there is power to spare.
        start: starts a run.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        home: Path,
        activity: Activity,
        spare: Callable[[], bool],
        start: Callable[[], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        #: The user's setting.
        self.wanted = False
        self._home = home
        self._activity = activity
        self._spare = spare
        self._start = start
        self._clock = clock
        self._consent = ConsentFile(home)
        self._tried = float("-inf")

    async def watch(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.look()
            except Exception:  # whatever it is, completions go on
                log.exception("A training could not be started")

    async def look(self) -> bool:
        """Start a run if it is time for one; whether it was."""
        now = self._clock()
        if not self.wanted or now - self._tried < _A_DAY or self._activity.idle_seconds < IDLE_SECONDS:
            return False
        if not may_train(self._consent) or not self._spare():
            return False
        if not await asyncio.to_thread(self._is_time, now):
            return False
        self._tried = now
        await self._start()
        return True

    def _is_time(self, now: float) -> bool:
        if running(self._home) is not None:
            return False
        began = last_started(self._home)
        try:
            at = float("-inf") if began is None else datetime.fromisoformat(began).astimezone(UTC).timestamp()
        except ValueError:
            return True
        return now - at >= _A_DAY
