"""How far a run is: one small file that others may read at any time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from burnish_training.nightly.folder import RunFolder, now_text

__all__ = ["PHASES", "Progress"]

#: The phases with the share of the whole at which each begins.
PHASES = {"data": 0.0, "reference": 0.04, "training": 0.14, "checking": 0.7, "gate": 0.73, "done": 1.0}
_EVERY_S = 0.5

Listener = Callable[[dict[str, Any]], None]


class Progress:
    """Writes ``status.json`` and tells a listener; within a phase not more than twice a second."""

    def __init__(self, folder: RunFolder, started: str, listener: Listener = lambda _status: None) -> None:
        self._folder, self._started, self._listener = folder, started, listener
        self._written: tuple[str, str, float] = "", "", 0.0

    def phase(self, phase: str, message: str, step: int = 0, steps: int = 0) -> None:
        """Say what is being done, and how much of it is.

        Raises:
            RunFolderError: the file cannot be written.
        """
        before, said, at = self._written
        if (phase, message) == (before, said) and step < steps and time.monotonic() - at < _EVERY_S:
            return
        names = list(PHASES)
        begin = PHASES[phase]
        end = PHASES[names[min(names.index(phase) + 1, len(names) - 1)]]
        status = {
            "run": self._folder.run,
            "phase": phase,
            "step": step,
            "steps": steps,
            "fraction": round(begin + (end - begin) * (step / steps if steps else 0.0), 4),
            "message": message,
            "started": self._started,
            "updated": now_text(),
            "pid": os.getpid(),
        }
        self._folder.write("status", status)
        self._written = phase, message, time.monotonic()
        self._listener(status)
