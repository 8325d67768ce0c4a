"""A nightly run in a process of its own, and what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from burnish_models.adapters.registry import Registry
from personal.desk import Adapter

__all__ = ["agree", "sleep_over_it", "trained"]


def agree(home: Path) -> None:
    """The simulated developer agrees to be recorded and learned from."""
    from burnish_telemetry.consent import ConsentFile

    consent = ConsentFile(home)
    consent.agree("record", through="simulation")
    consent.agree("train", through="simulation")


def sleep_over_it(home: Path, model: Path, threads: int, extra: Sequence[str] = ()) -> dict[str, Any]:
    """``burnish nightly run``; its report.

    Raises:
        RuntimeError: it printed none.
    """
    command = [sys.executable, "-m", "burnish_cli", "--home", str(home), "nightly", "run", "--json", "--now"]
    command += ["--model", str(model), "--threads", str(threads), *extra]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise RuntimeError(f"the nightly run failed ({done.returncode}): {done.stderr[-2000:]}") from error
    if "decision" not in report:
        raise RuntimeError(f"the nightly run did not begin: {report}")
    return report


def trained(home: Path, base_sha256: str) -> tuple[Adapter | None, Adapter | None]:
    """What is served now, and what was trained last whatever became of it."""
    registry = Registry(home)
    active = registry.serving(base_sha256).active
    records = [record for record in registry.records(base_sha256) if record.path is not None]
    return _adapter(active), _adapter(records[0] if records else None)


def _adapter(record: Any) -> Adapter | None:
    return None if record is None or record.path is None else Adapter(record.id, Path(record.path))
