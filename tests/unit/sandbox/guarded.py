"""The outer guard of the hostile tests: the sandbox runs in a process that is itself bounded, in case it fails.

As a script it reads one JSON request and writes one JSON answer. Besides the bounds here every hostile program
bounds itself: how often it forks, how much it takes, how long it lives; and it knows no process but those named to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from burnish_analysis.sandbox.model import Level, Limits, Program
from burnish_analysis.sandbox.run import run

SECONDS = 100
ADDRESS_SPACE = 6 << 30
FILE_BYTES = 256 << 20
PROCESSES = 400


def guarded(
    source: str, level: Level, *, mark: str = "", limits: Limits | None = None, collect: str = ""
) -> dict[str, Any]:
    """Run a hostile program in the sandbox at ``level`` below the guard; the outcome's fields."""
    request = {
        "source": source,
        "level": level.label,
        "limits": asdict(limits or Limits(seconds=8.0)),
        "environment": {"BURNISH_TEST_MARK": mark} if mark else {},
        "collect": collect,
    }
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        answer, _ = process.communicate(json.dumps(request).encode(), timeout=SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(answer)
    return found


def marked(mark: str) -> list[int]:
    """Processes that carry ``mark`` in their environment."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("BURNISH_TEST_MARK") == mark:
                found.append(process.pid)
    return found


def bound_process(seconds: int) -> None:
    """Bound this process and what it starts; ``seconds`` of the processor."""
    own = sum(p.num_threads() for p in psutil.process_iter() if p.uids().real == os.getuid())
    for kind, bound in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NPROC, own + PROCESSES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (bound, bound))


def _main() -> None:
    bound_process(SECONDS)
    request = json.load(sys.stdin)
    program = Program(request["source"], environment=request["environment"], collect=request["collect"])
    level = Level.from_label(request["level"])
    outcome = asdict(run(program, Limits(**request["limits"]), level=level, least=Level.PROCESS))
    outcome["collected"] = outcome["collected"] and outcome["collected"].decode()
    json.dump(outcome, sys.stdout)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[3])
    _main()
