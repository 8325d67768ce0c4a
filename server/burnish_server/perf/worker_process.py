"""A worker process as the server holds it: one JSON object a line, started when needed, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

__all__ = ["AnalyserError", "WorkerProcess"]

#: Longest answer that is read, in bytes.
_LONGEST_LINE = 64 << 20
#: Seconds an operation may take. A file of ten thousand lines takes about one.
_SECONDS = 20.0


class AnalyserError(Exception):
    """A text could not be looked at, a profile not be read: why, in words."""


class WorkerProcess:
    """One operation at a time, in the order they were asked for.

    Attributes:
        module: what is run, with ``python -m``.
        seconds: an operation may take.
    """

    module: str

    def __init__(self, niceness: int = 5) -> None:
        """``niceness``: how far it gives way to other processes, 0 to 19; without effect on Windows."""
        self._niceness = niceness
        self._process: asyncio.subprocess.Process | None = None
        self._killed: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self.seconds = _SECONDS

    @property
    def busy(self) -> bool:
        """Whether an operation is going on."""
        return self._turn.locked()

    def close(self) -> None:
        """End the process. May be called twice."""
        self._closed = True
        self._kill()

    async def ended(self) -> None:
        """Wait for a killed process to be gone."""
        killed, self._killed = self._killed, None
        if killed is not None:
            await killed.wait()

    async def ask(self, operation: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
        """The answer to an operation.

        Args:
            seconds: it may take, where that is not as long as any.

        Raises:
            AnalyserError: it could not be done, in words; nothing else is lost by it.
        """
        limit = self.seconds if seconds is None else seconds
        async with self._turn:
            process = await self._started()
            assert process.stdin is not None and process.stdout is not None
            line = b""
            try:
                process.stdin.write(json.dumps(operation).encode() + b"\n")
                async with asyncio.timeout(limit):
                    await process.stdin.drain()
                    line = await process.stdout.readline()
            except TimeoutError:
                self._kill()
                raise AnalyserError(f"The analysis took longer than {limit:g} s.") from None
            except (OSError, ValueError) as error:
                self._kill()
                raise AnalyserError(f"The analysis failed: {error}") from error
            except asyncio.CancelledError:
                # Its answer would be taken for the next one's.
                self._kill()
                raise
            if not line.endswith(b"\n"):
                self._kill()
                raise AnalyserError("The process of the analysis ended in the middle of its work.")
            answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise AnalyserError(str(answer["error"]))
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        if self._closed:
            raise AnalyserError("The server ends.")
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", self.module, str(self._niceness)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=_LONGEST_LINE,
                )
            except OSError as error:
                raise AnalyserError(f"The process of the analysis cannot be started: {error}") from error
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            self._killed = process
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            # The loop may end before it hears of the process's end; the pipes are closed while it runs.
            process._transport.close()  # type: ignore[attr-defined]
