"""Starts the program's process with its bounds on, watches it, ends it and reports."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import resource
import select
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

from burnish_analysis.sandbox.child.folders import is_overfull, remove
from burnish_analysis.sandbox.child.job import Job
from burnish_analysis.sandbox.child.runner import SCRIPT_AT, VERDICT_AT

__all__ = ["LIFELINE", "Guard", "report", "supervise"]

#: Standard input: when the other side closes it, whoever asked for the run is gone.
LIFELINE = 0
_TICK_S = 0.05
_VERDICT_BYTES = 64 << 10
_FREE = 10


@dataclass
class Guard:
    """What a level adds.

    ``confine`` runs in the program's process just before it begins and names the mechanisms it put in force;
    ``resident`` counts the memory of all processes, given the program's number; ``others`` lists processes that the program left
    behind;
    ``count_disk`` is set where the file system does not bound the files of the working directory together.
    """

    work: str
    confine: Callable[[], list[str]]
    resident: Callable[[int], int] | None = None
    others: Callable[[], Iterable[int]] = field(default=lambda: ())
    count_disk: bool = False


def report(descriptor: int, **fields: Any) -> None:
    """Send a report home as one line. A line of its own: an earlier writer may have been killed half-way."""
    data = b"\n" + json.dumps(fields).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def supervise(job: Job, guard: Guard, status: int) -> None:
    """Run the program to its end and report on descriptor ``status``.

    Raises:
        OSError: it could not be started.
    """
    _place_files(guard.work, job.files)
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    verdict_out, verdict_in = os.pipe()
    script, stdin = _unnamed(job.script), _unnamed(job.stdin)
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        _begin(job, guard, stdin, script, verdict_in)
    for handle in (verdict_in, script, stdin):
        os.close(handle)
    code = None
    try:
        end, code = _watch(job, guard, child, woken, begun)
    finally:
        seconds = time.monotonic() - begun
        # Once it was waited for, its number may be another process's.
        for pid in (-child, child) if code is None else (-child,):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        _clear(guard)
    if end == "orphaned" and guard.count_disk:
        # Nobody is left to remove the folder on the host's disk.
        remove(guard.work)
    collected = _collect(guard.work, job)
    report(
        status,
        end=end,
        status=code,
        seconds=seconds,
        cpu_seconds=_used(),
        verdict=_read_some(verdict_out).decode("ascii", "replace"),
        collected=None if collected is None else base64.b64encode(collected).decode(),
    )


def _used() -> float:
    """Processor seconds of everything that was waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _place_files(work: str, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = Path(work, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _unnamed(data: bytes) -> int:
    """A descriptor to read ``data`` from, of a file without a name."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("burnish")
    else:
        with tempfile.TemporaryFile() as file:
            handle = os.dup(file.fileno())
    while data:
        data = data[os.write(handle, data) :]
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _begin(job: Job, guard: Guard, stdin: int, script: int, verdict: int) -> None:
    """In the new process: bounds, then the program. Never returns."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        places = {0: stdin, SCRIPT_AT: script, VERDICT_AT: verdict}
        moved = {at: fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, _FREE) for at, handle in places.items()}
        for at, handle in moved.items():
            os.dup2(handle, at)
        os.closerange(VERDICT_AT + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        os.chdir(guard.work)
        _set_limits(job)
        mechanisms = guard.confine()
        os.write(VERDICT_AT, (" ".join([job.nonce, *mechanisms]) + "\n").encode())
        os.execve(job.argv[0], job.argv, job.environment)
    except BaseException as error:  # noqa: BLE001 - nothing may go on in the forked process
        os.write(VERDICT_AT, f"{job.nonce} !\n{error}".encode("ascii", "replace"))
    finally:
        os._exit(127)


def _set_limits(job: Job) -> None:
    bounds = [
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_CPU, ceil(job.cpu_seconds), ceil(job.cpu_seconds) + 1),
        (resource.RLIMIT_AS, job.memory_bytes, job.memory_bytes),
        (resource.RLIMIT_FSIZE, job.disk_bytes, job.disk_bytes),
        (resource.RLIMIT_NOFILE, job.open_files, job.open_files),
    ]
    if job.processes:
        bounds.append((resource.RLIMIT_NPROC, job.processes, job.processes))
    for kind, soft, hard in bounds:
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        try:
            resource.setrlimit(kind, (soft, hard))
        except (OSError, ValueError):
            # macOS takes no bound on the address space; everywhere else a missing bound must not pass.
            if kind != resource.RLIMIT_AS or os.uname().sysname != "Darwin":
                raise


def _watch(job: Job, guard: Guard, child: int, woken: int, begun: float) -> tuple[str, int | None]:
    """Wait for the program's end: how it came, and the exit status (negative for a signal)."""
    while True:
        left = begun + job.seconds - time.monotonic()
        if left <= 0:
            return "timeout", None
        ready, _, _ = select.select([woken, LIFELINE], [], [], min(left, _TICK_S))
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, 4096)
            code = _reap(child)
            if code is not None:
                return "exit", code
        if LIFELINE in ready:
            return "orphaned", None
        if guard.resident is not None and guard.resident(child) > job.memory_bytes:
            return "memory", None
        if guard.count_disk and is_overfull(guard.work, job.disk_bytes):
            return "disk", None


def _reap(child: int) -> int | None:
    """Reap whatever ended; the program's own exit status if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)


def _clear(guard: Guard) -> None:
    """End what the program left behind, for a second at most: it may start new ones meanwhile."""
    stop = time.monotonic() + 1.0
    while time.monotonic() < stop:
        left = list(guard.others())
        if not left:
            return
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        _reap(0)
        time.sleep(0.005)


def _collect(work: str, job: Job) -> bytes | None:
    """The file asked for, if it is a plain one of an allowed size."""
    if not job.collect:
        return None
    try:
        handle = os.open(Path(work, job.collect), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    known = os.fstat(handle)
    if not stat.S_ISREG(known.st_mode) or known.st_size > job.collect_bytes:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(job.collect_bytes)


def _read_some(descriptor: int) -> bytes:
    """What is in the pipe now; a process left behind may hold its other end open."""
    os.set_blocking(descriptor, False)
    data = b""
    with suppress(BlockingIOError):
        while piece := os.read(descriptor, _VERDICT_BYTES):
            data += piece
            if len(data) >= _VERDICT_BYTES:
                break
    return data
