"""Stands in for ``python -m burnish_cli … nightly run`` where a test needs a run that takes no minutes.

It leaves the same files behind, prints the same document, and stops on SIGTERM. What it does is told by ``fake.json`` in the
home folder: ``{"decision", "seconds", "error", "promote"}``; a file ``enough`` there ends it before its time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

home = Path(sys.argv[sys.argv.index("--home") + 1])
plan: dict[str, Any] = json.loads((home / "fake.json").read_text())
run = home / "runs" / f"20261121T0900{os.getpid() % 60:02d}-abcd"
stopped: list[int] = []


def write(name: str, document: dict[str, Any], folder: Path = run) -> None:
    part = folder / f".{name}.part"
    part.write_text(json.dumps(document))
    part.replace(folder / name)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    (home / "arguments.json").write_text(json.dumps(sys.argv[1:]))
    if "error" in plan:
        sys.stdout.write(json.dumps({"error": plan["error"]}))
        return 1
    if plan.get("decision") == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    run.mkdir(parents=True)
    started = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    write("run.json", {"run": run.name, "started": started})
    write("latest.json", {"run": run.name}, run.parent)
    steps = max(1, int(plan["seconds"] * 10))
    for step in range(steps):
        if stopped or (home / "enough").exists():
            break
        times = {"started": started, "updated": started}
        place = {"step": step, "steps": steps, "fraction": step / steps, "message": f"Training, step {step}"}
        status = {"run": run.name, "phase": "training", **place, **times, "pid": os.getpid()}
        write("status.json", status)
        time.sleep(0.1)
    decision = "stopped" if stopped else plan["decision"]
    if decision == "promoted":
        from burnish_models.adapters.registry import Registry

        Registry(home).promote(plan["promote"], "better on held-out work", ungated=True)
    ended = {"run": run.name, "started": started, "ended": started, "decision": decision}
    report = {**ended, "reason": f"It was {decision}.", "adapter_name": plan.get("promote"), "gate": None}
    write("report.json", report)
    write("status.json", {"run": run.name, "phase": "done", "pid": os.getpid()})
    sys.stdout.write(json.dumps(report))
    return 0 if decision == "promoted" else 1


if __name__ == "__main__":
    sys.exit(main())
