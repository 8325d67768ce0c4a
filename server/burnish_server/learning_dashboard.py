"""The dashboard's numbers: what was shown, taken and kept, the adapters, and how training stands.

Counting reads the whole record, which takes seconds when it is large, so processes of their own do it: the commands a user
would run. Their answers are kept until the record changes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from burnish_models.adapters.records import AdapterRecord, State
from burnish_models.adapters.registry import Registry, registry_file
from burnish_models.errors import ModelsError
from burnish_server.serving.live import BEFORE_SECONDS, compared, served_since
from burnish_server.serving.runs import last_report, running
from burnish_telemetry.acceptance import Comparison, shown_since
from burnish_telemetry.errors import TelemetryError
from burnish_telemetry.events import ENDPOINT
from burnish_telemetry.store import store_file

__all__ = ["Dashboard"]

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 60.0
#: The schedule may change beside us, so what was said of it holds only for so many seconds.
_FRESH_SECONDS = 30.0
_NO_SCHEDULE = {"installed": False, "kind": "", "at": "", "next": None, "command": "burnish nightly install"}


class Dashboard:
    """Answers ``burnish.server.dashboard``.

    Args:
        home: Burnish's home folder.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._clock = clock
        self._kept: dict[tuple[str, ...], tuple[object, float, dict[str, Any]]] = {}

    async def numbers(self, base_sha256: str) -> dict[str, Any]:
        """Everything but the consent, for adapters of the model with this hash; what cannot be had is empty."""
        stats, nightly, here = await asyncio.gather(
            self._asked("telemetry", "stats"),
            self._asked("nightly", "status", fresh=_FRESH_SECONDS),
            asyncio.to_thread(_here, self._home, base_sha256),
        )
        names = {adapter["id"]: adapter["name"] for adapter in here["adapters"]}
        by_adapter = [
            {**row, "name": _name(row.get("adapter"), names)} for row in stats.get("by_adapter", [])
        ]
        return {
            "days": stats.get("daily", []),
            "byAdapter": by_adapter,
            **here,
            "schedule": nightly.get("schedule") or _NO_SCHEDULE,
            "enough": nightly.get("enough") or {"have": {}, "need": {}, "sentence": nightly.get("error", "")},
        }

    async def _asked(self, *command: str, fresh: float = float("inf")) -> dict[str, Any]:
        """The JSON document of a command of ours; kept while the record stays as it is, ``fresh`` seconds at most."""
        stamp, now = _stamp(self._home), self._clock()
        kept = self._kept.get(command)
        if kept is not None and kept[0] == stamp and now - kept[1] < fresh:
            return kept[2]
        document = await self._ask(command)
        if "error" not in document:
            self._kept[command] = stamp, now, document
        return document

    async def _ask(self, command: tuple[str, ...]) -> dict[str, Any]:
        arguments = ("-m", "burnish_cli", "--home", str(self._home), *command, "--json")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE_SECONDS)
            document = json.loads(output)
        except (TimeoutError, ValueError) as error:
            log.warning("burnish %s gave no answer (%s).", " ".join(command), type(error).__name__)
            document = {}
        finally:
            if process.returncode is None:
                process.kill()
        if not isinstance(document, dict):
            document = {}
        if "error" in document:
            log.warning("burnish %s: %s", " ".join(command), document["error"])
        return document


def _here(home: Path, base_sha256: str) -> dict[str, Any]:
    """What is read without a process: adapters, how the active one does, and runs."""
    adapters: list[dict[str, Any]] = []
    incumbent = live = None
    try:
        if registry_file(home).exists():
            registry = Registry(home)
            records = [record for record in registry.records(base_sha256 or None) if record.path is not None]
            reasons = registry.reasons()
            adapters = [_adapter(record, reasons.get(record.id, "")) for record in records]
            incumbent = next((record.id for record in records if record.state is State.ACTIVE), None)
            live = None if incumbent is None else _live(home, registry, incumbent, base_sha256)
    except (ModelsError, TelemetryError, OSError) as error:
        log.warning("The dashboard lacks the adapters: %s", error)
    return {
        "adapters": adapters,
        "incumbent": incumbent,
        "live": live,
        "running": running(home),
        "lastRun": last_report(home),
    }


def _adapter(record: AdapterRecord, reason: str) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "state": str(record.state),
        "created": record.created,
        "reason": reason,
        "events": record.event_count,
        "gate": record.report.get("gate") or None,
        "run": record.run,
    }


def _live(home: Path, registry: Registry, adapter: str, base_sha256: str) -> dict[str, Any] | None:
    """How the active adapter does against the model alone in comparison slices, and against the time before."""
    since = served_since(registry, adapter)
    if since is None:
        return None
    cases = [c for c in shown_since(store_file(home), since - BEFORE_SECONDS) if c.model == base_sha256]
    beside, before = compared(cases, adapter, since)
    return {"beside": _comparison(beside), "before": _comparison(before)}


def _comparison(found: Comparison | None) -> dict[str, Any] | None:
    """``None`` while there are too few cases."""
    if found is None:
        return None
    gap = found.difference
    return {
        "cases": found.cases,
        "otherCases": found.other_cases,
        "difference": {"value": round(gap.value, 4), "low": round(gap.low, 4), "high": round(gap.high, 4)},
        "sentence": found.sentence,
    }


def _name(adapter: object, names: Mapping[str, str]) -> str:
    if adapter is None:
        return "the model alone"
    name = str(adapter)
    return name if name.startswith(ENDPOINT) else names.get(name, name[:12])


def _stamp(home: Path) -> object:
    """Changes whenever an event is written."""
    file = store_file(home)
    found: list[tuple[int, int, int] | None] = []
    for path in (file, file.with_name(f"{file.name}-wal")):
        try:
            stat = path.stat()
        except OSError:
            found.append(None)
            continue
        found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)
