"""A server's processes: what processor time they used, stopping them and letting them go on."""

from __future__ import annotations

import contextlib

import psutil

__all__ = ["ProcessTree"]


class ProcessTree:
    """A process with all its descendants."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def _all(self) -> list[psutil.Process]:
        found = [self._root]
        with contextlib.suppress(psutil.NoSuchProcess):
            found += self._root.children(recursive=True)
        return found

    def cpu_seconds(self) -> float:
        """User and system time of all of them since they began, ended and waited-for descendants included."""
        total = 0.0
        for process in self._all():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total

    def resident_bytes(self) -> int:
        """Memory that all of them hold (shared pages counted in each)."""
        total = 0
        for process in self._all():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total

    def stop(self) -> None:
        """Stop them all."""
        for process in self._all():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def go_on(self) -> None:
        """Let them go on, children first: a parent must not find them unresponsive."""
        for process in reversed(self._all()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
