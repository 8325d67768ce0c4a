"""What nightly runs say of themselves in ``<home>/runs``: how far one is, and how the last one ended. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

__all__ = ["last_report", "last_started", "running", "status_of"]


def running(home: Path) -> dict[str, Any] | None:
    """The status of the run that goes on, whoever started it; ``None`` where none does."""
    latest = _read(home / "runs" / "latest.json")
    name = latest.get("run") if latest else None
    if not isinstance(name, str) or not name or Path(name).name != name:
        return None
    status = _read(home / "runs" / name / "status.json")
    if status is None or status.get("phase") == "done":
        return None
    return status if _is_run(status.get("pid")) else None


def status_of(home: Path, pid: int) -> dict[str, Any] | None:
    """The status of the run that the process ``pid`` works on; ``None`` until it has written one."""
    latest = _read(home / "runs" / "latest.json")
    name = latest.get("run") if latest else None
    status = _read(home / "runs" / str(name) / "status.json") if name else None
    return status if status is not None and status.get("pid") == pid else None


def last_report(home: Path) -> dict[str, Any] | None:
    """The report of the last run that ended."""
    return next((report for folder in _folders(home) if (report := _read(folder / "report.json"))), None)


def last_started(home: Path) -> str | None:
    """When the last run was begun (ISO 8601), however it went; ``None`` where there was none."""
    for folder in _folders(home):
        began = _read(folder / "run.json")
        if began is not None and isinstance(began.get("started"), str):
            return str(began["started"])
    return None


def _folders(home: Path) -> Iterator[Path]:
    """The folders of nightly runs, the newest first; others keep theirs beside them."""
    try:
        paths = sorted((home / "runs").iterdir(), reverse=True)
    except OSError:
        return
    for path in paths:
        if (path / "run.json").is_file():
            yield path


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _is_run(pid: object) -> bool:
    """Whether the process lives and is a run: a number is given again after a process has died."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        return "nightly" in psutil.Process(pid).cmdline()
    except (psutil.Error, OSError):
        return False
