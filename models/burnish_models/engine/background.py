"""Requests that nobody waits for: they begin when nothing else is asked for, and end when something is."""

from __future__ import annotations

import asyncio
import contextlib

from burnish_models.engine.process import WorkerProcess
from burnish_models.errors import EngineCrashedError

__all__ = ["Background"]


class Background:
    """Which requests run in the background, and how many others there are. Lives in one event loop."""

    def __init__(self) -> None:
        self._others = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._running: dict[int, WorkerProcess] = {}

    @property
    def waits(self) -> bool:
        """Whether a request in the background has to wait."""
        return self._others > 0

    async def turn(self) -> None:
        """Wait until no other request is there."""
        while self._others:
            await self._quiet.wait()

    def enter(self) -> None:
        """A request that somebody waits for: what runs in the background ends at once."""
        self._others += 1
        self._quiet.clear()
        for request, worker in self._running.items():
            with contextlib.suppress(EngineCrashedError):
                worker.write({"op": "cancel", "id": request})

    def leave(self) -> None:
        """That request has ended."""
        self._others -= 1
        if not self._others:
            self._quiet.set()

    def add(self, worker: WorkerProcess, request: int) -> None:
        """A request in the background is about to be sent."""
        self._running[request] = worker

    def remove(self, request: int) -> None:
        """It has ended."""
        self._running.pop(request, None)
