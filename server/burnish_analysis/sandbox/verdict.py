"""From what the sandbox's processes report to an outcome."""

from __future__ import annotations

import ast
import base64
import json
import signal
from dataclasses import dataclass, replace
from typing import Any

from burnish_analysis.sandbox.launch import Finished
from burnish_analysis.sandbox.model import Isolation, Kind, Level, Outcome

__all__ = ["read_outcome"]

#: Windows has neither.
_SIGKILL, _SIGXCPU = getattr(signal, "SIGKILL", 256), getattr(signal, "SIGXCPU", 256)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the program's own process said: the mechanisms before it began, and its end."""

    mechanisms: tuple[str, ...] = ()
    refused: str = ""
    kind: str = ""
    line: int = 0
    exception: str = ""
    message: str = ""


def read_outcome(finished: Finished, nonce: str, isolation: Isolation, cpu_seconds: float) -> Outcome:
    """The outcome of a run. What the program wrote into the channel itself is not believed without the nonce."""
    reports = _reports(finished.reports)
    final = next((r for r in reports if "end" in r), {})
    before = next((tuple(r["mechanisms"]) for r in reports if "mechanisms" in r), ())
    verdict = _read_verdict(str(final.get("verdict", "")), nonce)
    outcome = Outcome(
        Kind.REFUSED,
        _isolation(isolation, (*before, *verdict.mechanisms)),
        stdout=finished.stdout.text(),
        stderr=finished.stderr.text(),
        stdout_bytes=finished.stdout.total,
        stderr_bytes=finished.stderr.total,
        seconds=float(final.get("seconds", finished.seconds)),
        exit_status=final.get("status"),
        collected=None if final.get("collected") is None else base64.b64decode(final["collected"]),
    )
    kind, message = _judge(finished, final, verdict, cpu_seconds)
    compiled = verdict.kind != "invalid"
    if kind in {Kind.EXCEPTION, Kind.MEMORY} and verdict.exception:
        return replace(
            outcome,
            kind=kind,
            message=verdict.message,
            exception=verdict.exception,
            line=verdict.line,
            compiled=compiled,
        )
    return replace(outcome, kind=kind, message=message)


def _judge(
    finished: Finished, final: dict[str, Any], verdict: _Verdict, cpu_seconds: float
) -> tuple[Kind, str]:
    if finished.ended == "stopped":
        return Kind.KILLED, "The run was cancelled."
    end = final.get("end")
    if end is None:
        tail = finished.stderr.text().strip()[-300:]
        return (
            Kind.REFUSED,
            f"The sandbox's own process ended without a word ({finished.ended or 'died'}). {tail}",
        )
    if end == "refused" or verdict.refused:
        return Kind.REFUSED, f"The sandbox could not be set up: {verdict.refused or final.get('reason')}."
    if end == "timeout":
        return Kind.TIMEOUT, "The program was still running when its time was up."
    if end == "memory":
        return Kind.MEMORY, "The program's processes together used more memory than allowed."
    if end == "disk":
        return Kind.KILLED, "The program wrote more than it may."
    status = int(final.get("status") or 0)
    # The kernel's first signal can be ignored, its second one, a second later, cannot.
    used_up = status == -_SIGKILL and float(final.get("cpu_seconds", 0.0)) >= cpu_seconds
    if status == -_SIGXCPU or used_up:
        return Kind.TIMEOUT, "The program used up its processor time."
    return _by_status(status, verdict)


def _by_status(status: int, verdict: _Verdict) -> tuple[Kind, str]:
    if status == 0 and verdict.kind == "done":
        return Kind.OK, ""
    if verdict.kind == "memory":
        return Kind.MEMORY, verdict.message
    if verdict.kind in {"raised", "invalid"}:
        return Kind.EXCEPTION, verdict.message
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return Kind.KILLED, f"The program was ended by {name}."
    return Kind.KILLED, f"The program ended itself with status {status} before its last statement."


def _reports(data: bytes) -> list[dict[str, Any]]:
    found = []
    for line in data.splitlines():
        try:
            report = json.loads(line)
        except ValueError:
            # The first half of a report whose writer was killed.
            continue
        if isinstance(report, dict):
            found.append(report)
    return found


def _read_verdict(text: str, nonce: str) -> _Verdict:
    first, _, rest = text.partition("\n")
    head, _, names = first.partition(" ")
    if head != nonce:
        return _Verdict()
    if names == "!":
        return _Verdict(refused=rest[:500])
    start = _Verdict(mechanisms=tuple(names.split()))
    fields = rest.split("\n")
    if len(fields) != 5 or fields[0] != nonce or not fields[2].isdigit():
        return start
    try:
        message = str(ast.literal_eval(fields[4]))
    except (ValueError, SyntaxError):
        return start
    return replace(start, kind=fields[1], line=int(fields[2]), exception=fields[3], message=message)


def _isolation(wanted: Isolation, mechanisms: tuple[str, ...]) -> Isolation:
    missing = list(wanted.missing)
    if wanted.level is Level.NAMESPACES and mechanisms:
        for name in ("landlock", "seccomp", "memory of all processes"):
            if not any(found.startswith(name) for found in mechanisms) and name not in missing:
                missing.append(name)
    return Isolation(wanted.level, mechanisms, tuple(missing))
