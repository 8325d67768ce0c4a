"""The sandbox's first process: reads a job from standard input, builds the level asked for, and runs the program in it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from burnish_analysis.sandbox.child.job import Job, read_job
from burnish_analysis.sandbox.child.supervise import LIFELINE, Guard, report, supervise

__all__ = ["main"]


def main(status: int) -> None:
    """Run the job that comes over standard input; reports go to descriptor ``status``. Never returns."""
    os.set_inheritable(status, False)
    try:
        job = read_job(LIFELINE)
        if job is not None:
            _LEVELS[job.level](job, status)
    except Exception as error:  # noqa: BLE001 - whatever it is, the program did not run
        report(status, end="refused", reason=f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _in_namespaces(job: Job, status: int) -> None:
    # All imports now: later the files are out of sight.
    from burnish_analysis.sandbox.child import landlock, libc, namespaces, seccomp  # noqa: F401

    namespaces.enter()
    first = os.fork()
    if first:
        # Process 1 watches the clock and the lifeline; when it ends the kernel ends everything in there.
        os.waitpid(first, 0)
        return
    resident = namespaces.build_root(job.read, job.disk_bytes)
    namespaces.drop_capabilities()
    libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
    found = [f"{name} namespace" for name in namespaces.NAMES]
    report(status, mechanisms=found + (["memory of all processes"] if resident else []))

    def confine() -> list[str]:
        return _filters(["/"], namespaces.WORK, namespaces.DEVICES, alone=False, needed=False)

    watched = None if resident is None else (lambda _pid: resident())
    supervise(job, Guard(namespaces.WORK, confine, watched), status)


def _with_landlock(job: Job, status: int) -> None:
    from burnish_analysis.sandbox.child import landlock, libc, namespaces

    found = landlock.version()
    if found < landlock.TRUNCATE_SINCE:
        raise OSError(f"Landlock {landlock.TRUNCATE_SINCE} is needed (Linux 6.2), there is {found or 'none'}")
    libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)
    devices = [path for path in namespaces.DEVICES if os.access(path, os.R_OK)]

    def confine() -> list[str]:
        # For root: without capabilities it is an owner of files, no more.
        namespaces.drop_capabilities()
        libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
        return _filters(job.read, job.folder, devices, alone=True, needed=True)

    supervise(job, Guard(job.folder, confine, others=_descendants, count_disk=True), status)


def _with_seatbelt(job: Job, status: int) -> None:
    from burnish_analysis.sandbox.child.seatbelt import Seatbelt

    seatbelt = Seatbelt()

    def confine() -> list[str]:
        seatbelt.restrict(job.read, job.folder)
        return ["seatbelt"]

    supervise(job, Guard(job.folder, confine, seatbelt.footprint, count_disk=True), status)


def _with_limits(job: Job, status: int) -> None:
    linux = sys.platform == "linux"
    if linux:
        from burnish_analysis.sandbox.child import libc, namespaces

        libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)

    def confine() -> list[str]:
        if not linux:
            return []
        namespaces.drop_capabilities()
        libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
        return ["no_new_privs"]

    supervise(
        job, Guard(job.folder, confine, others=_descendants if linux else lambda: (), count_disk=True), status
    )


_LEVELS = {
    "namespaces": _in_namespaces,
    "landlock": _with_landlock,
    "seatbelt": _with_seatbelt,
    "limits": _with_limits,
}


def _filters(read: list[str], work: str, devices: Iterable[str], *, alone: bool, needed: bool) -> list[str]:
    """Put no_new_privs, Landlock and the system call filter in force; names of those that took."""
    from burnish_analysis.sandbox.child import landlock, libc, seccomp

    libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
    found = ["no_new_privs"]
    try:
        found.append(f"landlock:{landlock.restrict(read, [work], devices)}")
    except OSError:
        if needed:
            raise
    try:
        seccomp.install(alone=alone)
        found.append("seccomp")
    except OSError:
        if needed:
            raise
    return found


def _descendants() -> Iterator[int]:
    """Children of this process: orphans of the program become its children (PR_SET_CHILD_SUBREAPER)."""
    own = os.getpid()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, IndexError, ValueError):
            if int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1]) == own:
                yield int(folder.name)
