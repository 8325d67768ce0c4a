"""The process that reads files for the code graph, as the server holds it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from burnish_analysis.graph.model import FileGraph, from_rows

__all__ = ["GraphProcess", "GraphProcessError"]

log = logging.getLogger(__name__)

#: Longest line that is read, in bytes: a file's graph is bounded well below.
_LONGEST_LINE = 16 << 20


class GraphProcessError(Exception):
    """The process could not be started, or it ended in the middle of its work."""


class GraphProcess:
    """Starts the process when it is needed. One operation at a time.

    Args:
        root: the workspace folder.
        store: where the process keeps what it has read.
    """

    def __init__(self, root: Path, store: Path) -> None:
        self._root = root
        self._store = store
        self._process: asyncio.subprocess.Process | None = None
        self._killed: asyncio.subprocess.Process | None = None

    async def ask(self, operation: dict[str, Any]) -> AsyncIterator[tuple[str, bool, FileGraph | None]]:
        """Carry out an operation of ``burnish_analysis.graph.worker``: path, whether it is open, graph or None (gone).

        Raises:
            GraphProcessError: the process could not be started, or ended.
        """
        process = await self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(operation).encode() + b"\n")
            await process.stdin.drain()
            while line := await process.stdout.readline():
                answer = json.loads(line)
                if "done" in answer:
                    return
                rows = answer["graph"]
                yield answer["path"], answer["open"], None if rows is None else from_rows(rows)
        except (OSError, ValueError, KeyError) as error:
            self.kill()
            raise GraphProcessError(f"The code graph's process failed: {error}") from error
        status = await process.wait()
        self._process = None
        raise GraphProcessError(f"The code graph's process ended with status {status}")

    async def close(self) -> None:
        """End the process in order."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            await process.wait()

    def kill(self) -> None:
        """End the process at once."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            self._killed = process
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def ended(self) -> None:
        """Wait for a killed process to be gone."""
        if self._killed is not None:
            await self._killed.wait()
            self._killed = None

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "burnish_analysis.graph.worker"),
                    *(str(self._root), str(self._store)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=_LONGEST_LINE,
                )
            except OSError as error:
                raise GraphProcessError(f"The code graph's process cannot be started: {error}") from error
        return self._process
