"""The worker process as its client holds it: spawned, spoken to in frames, seen to die."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from burnish_models.engine import wire
from burnish_models.errors import EngineCrashedError

__all__ = ["WorkerProcess"]

_LOAD_ID = 0
_ids = itertools.count(_LOAD_ID + 1)


class WorkerProcess:
    """One worker process. Frames that come back are queued by the id of their request. Made by :meth:`spawn`."""

    def __init__(
        self, process: asyncio.subprocess.Process, on_death: Callable[[WorkerProcess, str], None]
    ) -> None:
        self._process = process
        self._on_death = on_death
        self._waiting: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        #: Tokens of prompts evaluated and tokens generated, for requests that nobody waits for any more too.
        self.totals = (0, 0)
        self._reader = asyncio.create_task(self._read(), name="engine-reader")

    @classmethod
    async def spawn(cls, log_file: Path | None, on_death: Callable[[Self, str], None]) -> Self:
        """Start a worker.

        Args:
            log_file: where its standard error goes; None drops it.
            on_death: called once with the process and the reason (``signal SIGKILL``) when it ends by itself.

        Raises:
            OSError: it cannot be started.
        """
        log = open(log_file, "ab") if log_file else None  # noqa: PTH123, SIM115 - closed below
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "burnish_models.engine.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log if log is not None else asyncio.subprocess.DEVNULL,
                start_new_session=os.name == "posix",
                # On an abort ggml would start a debugger, which writes into the worker's pipe.
                env={**os.environ, "GGML_NO_BACKTRACE": "1"},
            )
        finally:
            if log is not None:
                log.close()
        return cls(process, on_death)  # type: ignore[arg-type]

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    async def kill(self) -> None:
        """End the process now; ``on_death`` is not called."""
        self._reader.cancel()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    # -- frames ----------------------------------------------------------------------------------------------

    def open(self) -> tuple[int, asyncio.Queue[dict[str, Any]]]:
        """A new request id and the queue of its frames. :meth:`forget` it when done."""
        request = next(_ids)
        self._waiting[request] = asyncio.Queue()
        return request, self._waiting[request]

    def forget(self, request: int) -> None:
        """Drop whatever still comes for ``request``."""
        self._waiting.pop(request, None)

    def requests(self) -> list[int]:
        """Ids of the requests in flight."""
        return [request for request in self._waiting if request != _LOAD_ID]

    def write(self, message: dict[str, Any]) -> None:
        """Send ``message``.

        Raises:
            EngineCrashedError: the process is gone.
        """
        if self._process.stdin is None or self._process.stdin.is_closing():
            raise EngineCrashedError("the engine's worker is not running")
        self._process.stdin.write(wire.pack(message))

    async def call(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send an operation and return its one answer; raises the error that came instead."""
        # What the worker says before it knows of any request belongs to the load.
        if message["op"] == "load":
            request, answers = _LOAD_ID, asyncio.Queue[dict[str, Any]]()
            self._waiting[request] = answers
        else:
            request, answers = self.open()
        try:
            self.write({**message, "id": request})
            frame = await answers.get()
        finally:
            self.forget(request)
        if frame["event"] == "error":
            wire.raise_error(frame)
        return frame

    def end_waiting(self, kind: str, message: str) -> None:
        """Answer every request in flight with an error."""
        for waiting in self._waiting.values():
            waiting.put_nowait({"event": "error", "kind": kind, "message": message})

    async def _read(self) -> None:
        """Deliver frames until the pipe ends, which means that the worker died."""
        stream = self._process.stdout
        assert stream is not None
        try:
            while True:
                (size,) = wire.HEADER.unpack(await stream.readexactly(wire.HEADER.size))
                frame = json.loads(await stream.readexactly(size))
                if "totals" in frame:
                    self.totals = (int(frame["totals"][0]), int(frame["totals"][1]))
                waiting = self._waiting.get(int(frame.get("id") or _LOAD_ID))
                if waiting is not None:
                    waiting.put_nowait(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            code = await self._process.wait()
            self._on_death(self, f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}")
