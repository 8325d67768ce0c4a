"""Run a program in the sandbox. Any number may run at once, from threads or from an event loop."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
from contextlib import suppress
from functools import cache, partial
from pathlib import Path, PurePosixPath

from burnish_analysis.errors import SandboxError
from burnish_analysis.sandbox.child.folders import remove
from burnish_analysis.sandbox.child.job import Job
from burnish_analysis.sandbox.child.runner import RUNNER
from burnish_analysis.sandbox.interpreter import Interpreter, find_interpreter, readable
from burnish_analysis.sandbox.launch import Stop, run_child
from burnish_analysis.sandbox.model import LEAST_STRONG, Isolation, Kind, Level, Limits, Outcome, Program
from burnish_analysis.sandbox.plain import run_plain
from burnish_analysis.sandbox.verdict import read_outcome

__all__ = ["available", "run", "run_async"]

#: What the launcher may take beyond the program's own seconds before it is given up.
_GRACE_S = 15.0
_TRIAL = "assert sum(range(5)) == 10"


def run(
    program: Program,
    limits: Limits | None = None,
    *,
    least: Level = LEAST_STRONG,
    level: Level | None = None,
) -> Outcome:
    """Run ``program`` to its end. Blocks; never raises for what the program does.

    Args:
        program: what to run. limits: its bounds.
        least: where this machine cannot isolate at least so strongly, the program is refused.
        level: run at exactly this level instead of the strongest that works here.

    Raises:
        SandboxError: the program's description makes no sense (its files lie outside its folder, its interpreter does
            not start; for root: what it reads is closed to others).
    """
    return _run(program, limits or Limits(), least, level, None)


async def run_async(
    program: Program,
    limits: Limits | None = None,
    *,
    least: Level = LEAST_STRONG,
    level: Level | None = None,
) -> Outcome:
    """:func:`run` without blocking the event loop. Cancelling it ends the program.

    Raises:
        SandboxError: as :func:`run` does.
    """
    with Stop() as stop:
        work = asyncio.get_running_loop().run_in_executor(
            None, partial(_run, program, limits or Limits(), least, level, stop)
        )
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            with suppress(Exception):
                await work
            raise


@cache
def available() -> Isolation:
    """The strongest isolation that works here, found by running a small program at each level; kept for the process."""
    missing: list[str] = []
    for level in _levels():
        outcome = _run(Program(_TRIAL), Limits(seconds=20.0), level, level, None)
        if outcome.kind is Kind.OK:
            return Isolation(level, outcome.isolation.mechanisms, (*missing, *outcome.isolation.missing))
        missing.append(f"{level.label}: {outcome.message or outcome.stderr.strip()[-200:] or outcome.kind}")
    raise SandboxError("Not even a plain process could be started: " + "; ".join(missing))


def _levels() -> tuple[Level, ...]:
    """Those that this platform can have, the strongest first."""
    if sys.platform == "win32":
        return (Level.PROCESS,)
    strong = {"linux": (Level.NAMESPACES, Level.LANDLOCK), "darwin": (Level.SEATBELT,)}
    return (*strong.get(sys.platform, ()), Level.LIMITS, Level.PROCESS)


def _run(program: Program, limits: Limits, least: Level, level: Level | None, stop: Stop | None) -> Outcome:
    found = Isolation(level) if level is not None else available()
    if found.level < least:
        why = "; ".join(found.missing) or "a weaker one was asked for"
        text = f"Only the isolation level {found.level.label} works here, {least.label} is needed ({why})."
        return Outcome(Kind.REFUSED, found, message=text)
    if found.level not in _levels():
        text = f"There is no isolation level {found.level.label} on {sys.platform}."
        return Outcome(Kind.REFUSED, found, message=text)
    _check_names(program)
    if found.level is Level.NAMESPACES:
        _check_modes((*program.path, *program.read))
    interpreter = _interpreter(program.python)
    folder = ""
    try:
        if found.level is not Level.NAMESPACES:
            folder = os.path.realpath(tempfile.mkdtemp(prefix="burnish-sandbox-"))
        job = _job(program, limits, interpreter, found.level, folder)
        if found.level is Level.PROCESS:
            finished = run_plain(job, limits.output_bytes, stop)
        else:
            finished = run_child(job, limits.output_bytes, stop, limits.seconds + _GRACE_S)
    except OSError as error:
        # No process, no folder: the machine has nothing left to give.
        return Outcome(Kind.REFUSED, found, message=f"The sandbox could not be started: {error}.")
    finally:
        if folder:
            remove(folder)
    return read_outcome(finished, job.nonce, found, limits.cpu_seconds)


def _check_names(program: Program) -> None:
    for name in (*program.files, *filter(None, [program.collect])):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name:
            raise SandboxError(f"{name!r} is no file inside the program's folder.")
    if "/" in program.collect:
        raise SandboxError(f"{program.collect!r} must lie in the program's folder itself to be brought back.")


def _check_modes(paths: tuple[Path, ...]) -> None:
    """For root the program runs as nobody, who must be let in."""
    if os.geteuid() != 0:
        return
    for path in paths:
        if not path.exists():
            continue
        needed = 0o005 if path.is_dir() else 0o004
        if path.stat().st_mode & needed != needed:
            raise SandboxError(
                f"Run by root, the program runs as the user nobody, who may not read {path}. Allow it "
                f"(chmod o+rX {path}), or hand the content over as files of the program."
            )


def _interpreter(python: Path) -> Interpreter:
    try:
        return find_interpreter(python)
    except (OSError, ValueError) as error:
        raise SandboxError(
            f"The Python interpreter {python} cannot be used for the sandbox: {error}"
        ) from error


def _job(program: Program, limits: Limits, interpreter: Interpreter, level: Level, folder: str) -> Job:
    nonce = secrets.token_hex(16)
    paths = [os.path.realpath(path) for path in program.path]
    sites = list(interpreter.sites) if program.packages else []
    header = repr((nonce, program.name, paths, sites))
    if not header.isascii():
        header = ascii((nonce, program.name, paths, sites))
    others = [*interpreter.read, interpreter.executable, *sites, *paths, *map(str, program.read)]
    try:
        read = readable(others) if level >= LEAST_STRONG else []
    except ValueError as error:
        raise SandboxError(f"The program cannot be run: {error}.") from error
    return Job(
        level=level.label,
        argv=[interpreter.executable, "-s", "-S", "-B", "-X", "utf8", "-c", RUNNER],
        environment=dict(program.environment),
        script=header.encode() + b"\n" + program.source.encode("utf-8", "surrogatepass"),
        stdin=program.stdin,
        files=dict(program.files),
        read=read,
        folder=folder,
        nonce=nonce,
        collect=program.collect,
        seconds=limits.seconds,
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=limits.memory_bytes,
        disk_bytes=limits.disk_bytes,
        processes=_process_bound(level, limits.processes),
        open_files=limits.open_files,
        collect_bytes=limits.collect_bytes,
    )


def _process_bound(level: Level, processes: int) -> int:
    """What the kernel is told: it counts the user's processes and threads, in a user namespace only those inside."""
    if level is Level.NAMESPACES:
        # The sandbox's own: process 1 and the launcher, who for root stays another user.
        return processes + (1 if os.geteuid() == 0 else 2)
    if level in (Level.LANDLOCK, Level.SEATBELT):
        # Every new process is refused; threads end with their process.
        return 0
    import psutil

    own, count = os.getuid() if hasattr(os, "getuid") else -1, 0
    if own <= 0:
        return 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == own:
                count += process.num_threads() if sys.platform == "linux" else 1
    return count + processes
