"""Programs of the verifier as the sandbox runs them, and what they wrote, which is not believed further than it goes."""

from __future__ import annotations

import importlib.util
import json
import marshal
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from burnish_analysis.sandbox.model import Kind, Limits, Outcome, Program
from burnish_analysis.verify.model import VerifyOptions
from burnish_analysis.verify.stoppable import StopLike, run_stoppable

__all__ = ["Lines", "inside_files", "run_inside"]

_INSIDE = Path(__file__).parent / "inside"
_PACKAGE = "burnish_inside"
_MIB = 1 << 20
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_BOOT = """\
import json
with open("burnish_job.json", encoding="ascii") as file:
    job = json.load(file)
from burnish_inside import {main}
{guard}
{main}.main(job{argument})
"""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a program wrote: one object a line. ``outcome``: how its process ended."""

    lines: tuple[dict[str, Any], ...]
    outcome: Outcome

    def first(self, key: str) -> dict[str, Any] | None:
        """The first line that has ``key``."""
        return next((line for line in self.lines if key in line), None)

    @property
    def done(self) -> bool:
        """Whether it came to its end."""
        return self.outcome.kind is Kind.OK and self.first("done") is not None


@cache
def inside_files(*names: str) -> Mapping[str, bytes]:
    """The modules that run inside, compiled, by their path there; all of them, or those named.

    The sandbox runs them in this interpreter, and compiling them again for every process would take longer than the rest.
    """
    found = (
        sorted(_INSIDE.glob("*.py"))
        if not names
        else [_INSIDE / f"{name}.py" for name in ("__init__", *names)]
    )
    return {f"{_PACKAGE}/{path.name}c": _compiled(path) for path in found}


def _compiled(path: Path) -> bytes:
    """The content of a ``.pyc`` file that is used without looking for a source (PEP 552: flags 0, no date, no size)."""
    code = compile(path.read_bytes(), f"{_PACKAGE}/{path.name}", "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def run_inside(
    main: str,
    job: Mapping[str, Any],
    options: VerifyOptions,
    *,
    seconds: float,
    hash_seed: int = 0,
    packages: bool = False,
    guarded: bool = False,
    stop: StopLike | None = None,
) -> Lines:
    """Run the inside module ``main`` on ``job``. Blocks; may be called from any thread.

    Raises:
        SandboxError: the sandbox was asked for something that makes no sense (see ``sandbox.run``).
    """
    guard = guarded and (_INSIDE / "guard.py").exists()
    program = Program(
        _BOOT.format(
            main=main,
            guard="from burnish_inside import guard" if guard else "",
            argument=", guard" if guard else "",
        ),
        name="burnish_verify.py",
        files={**inside_files(), "burnish_job.json": json.dumps(dict(job)).encode("ascii")},
        path=options.path,
        environment={**_ENVIRONMENT, "PYTHONHASHSEED": str(hash_seed)},
        packages=packages,
        collect="out.jsonl",
    )
    limits = Limits(seconds=seconds, cpu_seconds=seconds + 1, memory_bytes=1536 * _MIB, disk_bytes=12 * _MIB)
    outcome = run_stoppable(program, limits, least=options.least_level, stop=stop)
    return Lines(tuple(_read(outcome.collected or b"")), outcome)


def _read(data: bytes) -> list[dict[str, Any]]:
    found = []
    for line in data.split(b"\n"):
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            # Half a line of a process that was ended, or whatever the code under test wrote there.
            continue
        if isinstance(item, dict):
            found.append(item)
    return found
