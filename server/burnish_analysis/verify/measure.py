"""Which of two versions is faster: both in one sandboxed process, in alternating pairs, at several input sizes.

``inside/timer.py`` takes the times, this module judges them. The clock inside is taken before the code under test is
loaded; what it says is held against the wall time of the whole run, which is measured outside. A call's time is the processor's
where that clock is fine enough (Linux), so other programs on the machine do not enter it.
"""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from burnish_analysis.errors import SandboxError
from burnish_analysis.sandbox.model import LEAST_STRONG, Kind, Level, Limits, Outcome, Program
from burnish_analysis.verify.measure_statistics import SizeTimes, is_faster, scaling_of, speedup_of
from burnish_analysis.verify.model import Call, Scaling, Speedup
from burnish_analysis.verify.stoppable import StopLike, run_stoppable

__all__ = ["MeasureOptions", "Measurement", "is_faster", "measure"]

_INSIDE = Path(__file__).with_name("inside")
#: What a run may take beyond three times its budget: starting, loading the modules, calibrating.
_EXTRA_S = 4.0
_OUTPUT_BYTES = 4 << 20
#: How far the wall time of the run may lie above what the clock inside says (start of the process, imports, load), as a
#: share of it and in seconds.
_SLACK, _SLACK_S = 1.5, 3.0


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How two versions are timed.

    Attributes:
        seconds: of pairs; starting and calibrating come on top (about half a second), and where a single call is long
            up to three times as much.
        seed: of the bootstrap. most_pairs: at each size.
        sizes: the size of each group of calls, for the slope; measured from the arguments where empty.
        path: folders the modules import from. module: their dotted name in the project.
        packages: whether installed packages can be imported.
        least_level: weaker isolation is refused.
        memory_bytes: of the process.
    """

    seconds: float = 1.0
    seed: int = 0
    most_pairs: int = 200
    sizes: tuple[float, ...] = ()
    path: tuple[Path, ...] = ()
    module: str = ""
    packages: bool = True
    least_level: Level = LEAST_STRONG
    memory_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured: nothing but a reason, or a speedup, slopes where they can be told, and the times themselves."""

    speedup: Speedup | None = None
    scaling: Scaling = field(default_factory=Scaling)
    reason: str = ""
    sizes: tuple[SizeTimes, ...] = ()
    seconds: float = 0.0

    @property
    def faster(self) -> bool:
        """Whether the gain may be offered."""
        return is_faster(self.speedup)


def measure(
    before: str,
    after: str,
    function: str,
    calls: Sequence[Sequence[Call]],
    options: MeasureOptions | None = None,
    *,
    stop: StopLike | None = None,
) -> Measurement:
    """Time two equivalent versions. Blocks; never raises for what the code does.

    Args:
        before, after: module texts (slices will do: the timed calls run in them). function: its dotted name.
        calls: groups of calls of about the same size each, growing.
        options: see there. stop: ends the run when set.
    """
    options = options or MeasureOptions()
    if not any(calls):
        return Measurement(reason="there is no input to time")
    nonce = secrets.token_hex(16)
    program = _program(before, after, function, [group for group in calls if group], options, nonce)
    limits = Limits(
        seconds=options.seconds * 3 + _EXTRA_S,
        cpu_seconds=options.seconds * 3 + _EXTRA_S,
        memory_bytes=options.memory_bytes,
        output_bytes=_OUTPUT_BYTES,
    )
    try:
        outcome = run_stoppable(program, limits, least=options.least_level, stop=stop)
    except SandboxError as error:
        return Measurement(reason=str(error))
    return _judge(outcome, nonce, options)


@cache
def inside_text(name: str) -> str:
    """The text of a module that runs inside."""
    return (_INSIDE / name).read_text(encoding="utf-8")


def _program(
    before: str,
    after: str,
    function: str,
    calls: Sequence[Sequence[Call]],
    options: MeasureOptions,
    nonce: str,
) -> Program:
    spec = {
        "nonce": nonce,
        "before": before,
        "after": after,
        "function": function,
        "module": options.module or "subject",
        "calls": [[call.source for call in group] for group in calls],
        "sizes": list(options.sizes) if len(options.sizes) == len(calls) else [],
        "seconds": options.seconds,
        "most_pairs": options.most_pairs,
        "seed": options.seed,
    }
    parts = {"_burnish_guard": "guard", "_burnish_helpers": "helpers", "timer_subject": "timer_subject"}
    return Program(
        inside_text("timer.py"),
        name="timer.py",
        stdin=json.dumps(spec).encode(),
        files={f"{name}.py": inside_text(f"{part}.py").encode() for name, part in parts.items()},
        path=options.path,
        environment={"PYTHONHASHSEED": "0"},
        packages=options.packages,
    )


def _judge(outcome: Outcome, nonce: str, options: MeasureOptions) -> Measurement:
    reports = read_reports(outcome.stdout, nonce)
    for report in reports:
        if "effect" in report:
            return Measurement(reason=f"not timed: it {report['effect']}")
        if "error" in report:
            return Measurement(reason=f"not timed: {report['error']}")
    if outcome.kind is not Kind.OK or not reports or "done" not in reports[-1]:
        return Measurement(reason=f"not timed: {_ended(outcome)}")
    sizes = _sizes(reports[:-1])
    doubt = _implausible(sizes, reports, outcome)
    if doubt:
        return Measurement(reason=f"the times are not plausible: {doubt}")
    speedup = speedup_of(sizes, options.seed)
    if speedup is None:
        return Measurement(reason="too few pairs could be timed", sizes=sizes, seconds=outcome.seconds)
    return Measurement(speedup, scaling_of(sizes), "", sizes, outcome.seconds)


def _ended(outcome: Outcome) -> str:
    words = {
        Kind.TIMEOUT: "its time was up",
        Kind.MEMORY: "it needed more memory than allowed",
        Kind.OK: "no times came back",
        Kind.EXCEPTION: f"it ended with {outcome.exception or 'an exception'}",
    }
    return words.get(outcome.kind) or outcome.message or outcome.kind.value


def read_reports(text: str, nonce: str) -> list[dict[str, Any]]:
    """The lines that carry the nonce; whatever else was written there is not believed."""
    found = []
    for line in text.splitlines():
        head, _, rest = line.partition(" ")
        if head != nonce:
            continue
        try:
            report = json.loads(rest)
        except ValueError:
            continue
        if isinstance(report, dict):
            found.append(report)
    return found


def _sizes(reports: Sequence[Mapping[str, Any]]) -> tuple[SizeTimes, ...]:
    found = []
    for report in reports:
        rows = [(float(before), float(after), int(first)) for before, after, first in report.get("times", [])]
        if rows:
            before, after, first = zip(*rows, strict=True)
            found.append(SizeTimes(float(report["size"]), before, after, first))
    return tuple(found)


def _implausible(sizes: Sequence[SizeTimes], reports: Sequence[Mapping[str, Any]], outcome: Outcome) -> str:
    """Why the times cannot be what the clock of this process would have shown; empty where they can."""
    values = [time for size in sizes for times in (size.before, size.after) for time in times]
    if not values or not all(math.isfinite(time) and time > 0 for time in values):
        return "there are times that are no times"
    timed = 0.0
    for size, report in zip(sizes, (r for r in reports if r.get("times")), strict=True):
        first, second = report["repeat"]
        timed += sum(size.before) * float(first) + sum(size.after) * float(second)
    inside, outside = float(reports[-1]["done"]) / 1e9, outcome.seconds
    if timed / 1e9 > outside * (os.cpu_count() or 1) or inside > outside + 0.1:
        return f"{max(timed / 1e9, inside):.2f} s inside a run of {outside:.2f} s"
    if outside > inside * _SLACK + _SLACK_S:
        return f"only {inside:.2f} s of a run of {outside:.2f} s are accounted for"
    return ""
