"""Everything of the learning loop that one server process does, whoever its clients are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from burnish_server.errors import TrainingError
from burnish_server.power import PowerMonitor
from burnish_server.serving.adapters import AdapterService
from burnish_server.serving.idle import Activity, IdleTraining
from burnish_server.serving.live import LiveWatch
from burnish_server.serving.training import Ended, Training

__all__ = ["BackgroundLearning"]

log = logging.getLogger(__name__)


class BackgroundLearning:
    """Watches how the adapter does, notes keystrokes, and runs trainings. Lives in one asyncio event loop.

    Args:
        home: Burnish's home folder.
        adapters: what is served.
        model: the file of the model that is served, once that is known.
    """

    def __init__(self, home: Path, adapters: AdapterService, model: Callable[[], Path | None]) -> None:
        self.adapters = adapters
        self.live = LiveWatch(home, adapters)
        self.activity = Activity(home)
        self.training = Training(home)
        self.idle = IdleTraining(home, self.activity, lambda: PowerMonitor().spare("auto"), self._by_itself)
        self._model = model
        self._watching: asyncio.Task[None] | None = None
        self.training.subscribe(lambda _: None, self._ended)

    def start(self) -> None:
        """Begin to watch."""
        self.live.start()
        if self._watching is None:
            self._watching = asyncio.create_task(self.idle.watch(), name="burnish-idle")

    async def close(self) -> None:
        """Watch no longer; a training goes on by itself."""
        task, self._watching = self._watching, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        await self.live.close()
        await self.training.close()

    async def train_now(self) -> None:
        """Start a training because the user wants one.

        Raises:
            TrainingError: see :meth:`Training.start`.
        """
        await self.training.start(model=self._model(), now=True)

    async def _by_itself(self) -> None:
        try:
            await self.training.start(model=self._model(), now=False)
        except TrainingError as error:
            log.warning("No training today: %s", error)

    def _ended(self, ended: Ended) -> None:
        if ended.decision == "promoted":
            self.adapters.look()
