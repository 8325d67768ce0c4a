"""The launcher's process as its parent holds it: hand over the job, keep the ends of its output, wait."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from burnish_analysis.sandbox.child.job import Job, encode

__all__ = ["Finished", "Stop", "Tail", "run_child"]

#: The folder that makes ``burnish_analysis`` importable; the launcher gets nothing else beyond the standard library.
_HOME = Path(__file__).parents[2]
_BOOT = (
    "import sys; sys.path.append({home!r}); "
    "from burnish_analysis.sandbox.child.launcher import main; main({status})"
)
#: Output still on its way when the program has ended.
_DRAIN_S = 1.0
_PIECE = 1 << 16


class Tail:
    """The end of a stream: at least its last ``room`` bytes, and how many there were."""

    def __init__(self, room: int) -> None:
        self.room, self.total = room, 0
        self._pieces: deque[bytes] = deque()
        self._kept = 0

    def add(self, piece: bytes) -> None:
        """Append ``piece`` and forget what is too old."""
        self.total += len(piece)
        self._pieces.append(piece)
        self._kept += len(piece)
        while self._kept - len(self._pieces[0]) > self.room:
            self._kept -= len(self._pieces.popleft())

    def data(self) -> bytes:
        """The last ``room`` bytes."""
        data = b"".join(self._pieces)
        return data[max(0, len(data) - self.room) :]

    def text(self) -> str:
        """The last ``room`` bytes as text."""
        return self.data().decode("utf-8", "replace")


class Stop:
    """A way to end a run from outside its thread."""

    def __init__(self) -> None:
        self.out, self._in = os.pipe()
        self.stopped = False

    def set(self) -> None:
        """End the run."""
        self.stopped = True
        os.write(self._in, b"x")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.out)
        os.close(self._in)


@dataclass(slots=True)
class Finished:
    """What came back: the launcher's report lines as bytes, and both outputs."""

    reports: bytes
    stdout: Tail
    stderr: Tail
    #: Why the launcher itself was ended: ``"stopped"``, ``"overdue"``, or empty.
    ended: str = ""
    seconds: float = 0.0


def run_child(job: Job, output_bytes: int, stop: Stop | None, seconds: float) -> Finished:
    """Run ``job`` in a launcher of its own and wait ``seconds`` for it at most."""
    begun = time.monotonic()
    status_out, status_in = os.pipe()
    boot = _BOOT.format(home=str(_HOME), status=status_in)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", boot],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(status_in,),
        start_new_session=True,
        env={},
        cwd="/",
        bufsize=0,
    ) as process:
        os.close(status_in)
        reports = Tail(job.collect_bytes * 2 + (1 << 20))
        assert process.stdin and process.stdout and process.stderr
        outputs = Tail(output_bytes), Tail(output_bytes)
        sinks = {
            status_out: reports,
            process.stdout.fileno(): outputs[0],
            process.stderr.fileno(): outputs[1],
        }
        try:
            ended = _exchange(process.stdin.fileno(), encode(job), sinks, status_out, stop, begun + seconds)
        finally:
            # With its lifeline closed the launcher ends the program; one that hangs is ended itself.
            process.stdin.close()
            os.close(status_out)
            try:
                process.wait(2.0)
            except subprocess.TimeoutExpired:
                process.kill()
        return Finished(reports.data(), *outputs, ended, time.monotonic() - begun)


def _exchange(
    lifeline: int, message: bytes, sinks: dict[int, Tail], status: int, stop: Stop | None, until: float
) -> str:
    """Send ``message`` and read everything until the status pipe closes; then what output is still there."""
    os.set_blocking(lifeline, False)
    rest = memoryview(message)
    with selectors.DefaultSelector() as selector:
        for handle in sinks:
            selector.register(handle, selectors.EVENT_READ)
        selector.register(lifeline, selectors.EVENT_WRITE)
        if stop is not None:
            selector.register(stop.out, selectors.EVENT_READ)
        drained = False
        while len(selector.get_map()) > (stop is not None):
            left = until - time.monotonic()
            events = selector.select(max(0.0, left))
            if not events:
                return "" if drained else "overdue"
            for key, _ in events:
                handle = int(key.fd)
                if stop is not None and handle == stop.out:
                    return "stopped"
                if handle == lifeline:
                    rest = _send(lifeline, rest)
                    if not rest:
                        selector.unregister(lifeline)
                elif not _receive(handle, sinks[handle]):
                    selector.unregister(handle)
                    if handle == status:
                        drained, until = True, min(until, time.monotonic() + _DRAIN_S)
                        if rest:
                            selector.unregister(lifeline)
                            rest = rest[:0]
    return ""


def _send(handle: int, data: memoryview) -> memoryview:
    try:
        return data[os.write(handle, data) :]
    except BlockingIOError:
        return data
    except BrokenPipeError:
        # The launcher died; its status pipe tells.
        return data[:0]


def _receive(handle: int, sink: Tail) -> bool:
    piece = os.read(handle, _PIECE)
    if piece:
        sink.add(piece)
    return bool(piece)
