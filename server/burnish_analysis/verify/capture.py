"""Inputs from a project's own tests: they are run in the sandbox, and the calls of one function recorded.

Only on request, and only where the workspace is trusted: it runs the project's code. It may read the project and nothing
else of the user's, and write nothing outside the sandbox.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish_analysis.errors import SandboxError
from burnish_analysis.sandbox.model import LEAST_STRONG, Kind, Level, Limits, Outcome, Program
from burnish_analysis.verify.measure import inside_text, read_reports
from burnish_analysis.verify.model import Call
from burnish_analysis.verify.stoppable import StopLike, run_stoppable

__all__ = ["Captured", "FunctionAt", "capture"]

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class FunctionAt:
    """A function: the file it is defined in, and its dotted name there."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Captured:
    """What was recorded.

    Attributes:
        calls: distinct ones, in the order they were made. seen: how many calls were looked at. lost: how many of them
            have no expression (their arguments cannot be made again).
        ran: what the test run said. reason: why there are no calls; empty where there are.
    """

    calls: tuple[Call, ...] = ()
    seen: int = 0
    lost: int = 0
    ran: str = ""
    reason: str = ""


def capture(
    project: Path,
    function: FunctionAt,
    tests: Sequence[str] = (),
    *,
    python: Path | None = None,
    path: Sequence[Path] = (),
    most: int = 100,
    seconds: float = 60.0,
    least_level: Level = LEAST_STRONG,
    stop: StopLike | None = None,
) -> Captured:
    """Run the tests of ``project`` and record the calls of ``function``. Blocks; never raises for what the tests do.

    Args:
        project: its folder; the tests run there. function: what to watch.
        tests: files, folders or pytest node ids below it; the whole project where empty.
        python: the interpreter whose packages the tests need; this one where not given.
        path: further folders to import from (``project`` and its ``src`` are known). most: calls to keep.
        seconds: for the whole run. least_level: weaker isolation is refused. stop: ends the run when set.
    """
    root = project.resolve()
    nonce = secrets.token_hex(16)
    spec = {
        "nonce": nonce,
        "project": str(root),
        "file": str(function.path.resolve()),
        "function": function.name,
        "tests": [_place(root, test) for test in tests] or [str(root)],
        "most": most,
    }
    folders = [root, root / "src", *(folder.resolve() for folder in path)]
    program = Program(
        inside_text("capture.py"),
        name="capture.py",
        stdin=json.dumps(spec).encode(),
        files={"capture_values.py": inside_text("capture_values.py").encode()},
        path=tuple(folder for folder in folders if folder.is_dir()),
        environment={"HOME": "/tmp", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        python=python or Path(sys.executable),
        packages=True,
    )
    limits = Limits(
        seconds=seconds,
        cpu_seconds=seconds,
        memory_bytes=2048 * _MIB,
        disk_bytes=64 * _MIB,
        processes=64,
        open_files=256,
        output_bytes=16 * _MIB,
    )
    try:
        outcome = run_stoppable(program, limits, least=least_level, stop=stop)
    except SandboxError as error:
        return Captured(reason=str(error))
    return _read(outcome, nonce, function)


def _place(root: Path, test: str) -> str:
    """A test's absolute place; a node id keeps what follows the file."""
    file, colons, rest = test.partition("::")
    return os.path.normpath(root / file) + colons + rest


def _read(outcome: Outcome, nonce: str, function: FunctionAt) -> Captured:
    reports = read_reports(outcome.stdout, nonce)
    if not reports or "done" not in reports[-1]:
        words = {Kind.TIMEOUT: "the tests took too long", Kind.MEMORY: "the tests needed too much memory"}
        why = (
            words.get(outcome.kind) or outcome.message or outcome.stderr.strip()[-300:] or outcome.kind.value
        )
        return Captured(reason=f"no calls were recorded: {why}")
    last = reports[-1]
    calls = tuple(Call(str(report["call"]), "test") for report in reports[:-1] if "call" in report)
    seen, lost, ran = int(last["seen"]), int(last["lost"]), str(last["done"])
    reason = ""
    if not seen:
        reason = f"the tests do not call {function.name} ({ran})"
    elif not calls:
        reason = f"none of the {seen} recorded calls of {function.name} can be made again"
    return Captured(calls, seen, lost, ran, reason)
