"""Does the adapter do well where it counts? If its suggestions are taken clearly less often, it is rolled back.

Twice compared: with the model alone in the comparison slices (the same days, drawn at random), and with what was served
in the two weeks before. The second is the weaker evidence, because work changes, so it must show more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from burnish_models.adapters.errors import TransitionError
from burnish_models.adapters.records import AdapterRecord, State
from burnish_models.adapters.registry import Registry
from burnish_models.errors import ModelsError
from burnish_server.serving.adapters import AdapterService
from burnish_telemetry.acceptance import Comparison, Shown, compare, shown_since
from burnish_telemetry.errors import TelemetryError
from burnish_telemetry.store import store_file

__all__ = ["LiveWatch", "compared", "rolled_back", "served_since", "why_worse"]

log = logging.getLogger(__name__)

#: Seconds between two looks, and before the first.
LOOK_SECONDS = 3600.0
FIRST_LOOK_SECONDS = 60.0
#: Suggestions that must have been shown in comparison slices, and with the adapter, before anything is concluded.
FEWEST_ALONE = 50
FEWEST = 200
#: How much of the time before counts, in seconds, and by how much acceptance must have fallen against it.
BEFORE_SECONDS = 14 * 86_400.0
CLEARLY = 0.05


def compared(
    cases: Sequence[Shown], adapter: str, since: float
) -> tuple[Comparison | None, Comparison | None]:
    """The adapter against the model alone in comparison slices, and against the time before; ``None``: too few cases.

    Args:
        cases: completions of one base model, the oldest first.
        adapter: the adapter's id.
        since: when it began to serve, in seconds since 1970.
    """
    own = [case for case in cases if case.adapter == adapter and case.at >= since]
    alone = [case for case in cases if case.comparison and case.adapter is None and case.at >= since]
    before = [case for case in cases if since - BEFORE_SECONDS <= case.at < since and not case.comparison]
    first = second = None
    if (count := _milestone(len(alone), FEWEST_ALONE)) and len(own) >= FEWEST:
        until = alone[count - 1].at
        first = compare([case for case in own if case.at <= until] or own, alone[:count])
    if len(before) >= FEWEST and (count := _milestone(len(own), FEWEST)):
        second = compare(own[:count], before)
    return first, second


def why_worse(cases: Sequence[Shown], adapter: str, since: float) -> str:
    """Why the adapter must be rolled back, in words for the user; empty where it need not be. See :func:`compared`."""
    beside, before = compared(cases, adapter, since)
    if beside is not None and beside.difference.high < 0:
        return f"fewer suggestions were taken than from the model alone at the same time: {beside.sentence}"
    if before is not None and before.difference.high < -CLEARLY:
        return f"far fewer suggestions were taken than in the two weeks before: {before.sentence}"
    return ""


def _milestone(count: int, fewest: int) -> int:
    """The largest of ``fewest``, twice, four times… it that ``count`` reaches, or 0.

    Looking at every new case would find a drop by chance sooner or later; this way there are few looks.
    """
    if count < fewest:
        return 0
    found = fewest
    while found * 2 <= count:
        found *= 2
    return found


class LiveWatch:
    """Looks at the record every hour. Lives in one asyncio event loop; the work is done in threads.

    Args:
        home: Burnish's home folder.
        adapters: what is served; told to look at once after a rollback.
    """

    def __init__(self, home: Path, adapters: AdapterService) -> None:
        self._home = home
        self._adapters = adapters
        self._listeners: list[Callable[[str], None]] = []
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call ``listener`` with a message for the user when an adapter was rolled back; returns what ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def start(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._look_on(), name="burnish-live")

    async def close(self) -> None:
        """Look no longer."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def look(self) -> str:
        """Roll the adapter back if it does clearly worse; gives the message for the user, empty if it stays."""
        served, base = self._adapters.active, self._adapters.base_sha256
        if served.id is None or not base or self._adapters.setting:
            return ""
        try:
            message = await asyncio.to_thread(_check, self._home, base, served.id)
        except (ModelsError, TelemetryError, OSError) as error:
            log.warning("How the adapter does could not be found out: %s", error)
            return ""
        if message:
            log.warning("%s", message)
            self._adapters.look()
            for listener in list(self._listeners):
                listener(message)
        return message

    async def _look_on(self) -> None:
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        while True:
            try:
                await self.look()
            except Exception:  # whatever it is, the next look may succeed, and completions go on
                log.exception("How the adapter does could not be found out")
            await asyncio.sleep(LOOK_SECONDS)


def _check(home: Path, base: str, adapter: str) -> str:
    registry = Registry(home)
    since = served_since(registry, adapter)
    if since is None:
        return ""
    cases = [case for case in shown_since(store_file(home), since - BEFORE_SECONDS) if case.model == base]
    reason = why_worse(cases, adapter, since)
    if not reason:
        return ""
    record = registry.find(adapter)
    try:
        now = registry.rollback(base, reason, only=adapter)
    except TransitionError as error:  # another window was faster
        log.info("%s", error)
        return ""
    return rolled_back(record, now, reason)


def served_since(registry: Registry, adapter: str) -> float | None:
    """When the adapter became active the last time, in seconds since 1970; ``None`` if it never did."""
    times = [entry.at for entry in registry.history(adapter) if entry.after is State.ACTIVE]
    return datetime.fromisoformat(times[-1]).timestamp() if times else None


def rolled_back(record: AdapterRecord, now: AdapterRecord | None, reason: str) -> str:
    """What the user is told."""
    served = f"{now.name} serves" if now is not None else "the model serves without an adapter"
    return f"Burnish went back from what it learned as {record.name}, because {reason}. Now {served}."
