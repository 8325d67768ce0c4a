"""One replay from beginning to end: lay the project out, start the server, play, count."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_server.replay.editor import Editor
from burnish_server.replay.player import Player
from burnish_server.replay.processes import ProcessTree
from burnish_server.replay.project import materialise
from burnish_server.replay.summary import Summary, summarise
from burnish_server.replay.trace import Trace

__all__ = ["Figures", "Wishes", "play"]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to play: ``threads`` 0 and ``min_confidence`` ``None`` mean the server's own choice."""

    model: Path
    threads: int = 0
    min_confidence: float | None = None
    speed: float = 1.0
    accept: bool = True

    def settings(self) -> dict[str, Any]:
        """As in an editor's settings."""
        completion = {} if self.min_confidence is None else {"minConfidence": self.min_confidence}
        return {"model": str(self.model), "engine": {"threads": self.threads}, "completion": completion}


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it. ``tokens`` are the server's own counts, ``cpu_seconds`` those of all its processes while typing."""

    summary: Summary
    tokens: dict[str, int]
    cpu_seconds: float
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The object of ``burnish replay --json``."""
        return {
            **self.summary.as_json(),
            "tokens": self.tokens,
            "cpu_seconds": round(self.cpu_seconds, 3),
            "seconds": round(self.seconds, 3),
        }


async def play(
    trace: Trace, project: Path, scratch: Path, wishes: Wishes, progress: Callable[[int], None]
) -> Figures:
    """Play a trace in a copy of ``project`` under ``scratch``, against a server of its own.

    Raises:
        PlaybackError: the server did not start.
    """
    folder = scratch / "project"
    materialise(project, trace, folder)
    editor = await Editor.start(folder, scratch / "home", wishes.settings())
    try:
        processes = ProcessTree(editor.pid)
        began, cpu = time.monotonic(), processes.cpu_seconds()
        player = Player(trace, editor, speed=wishes.speed, accept=wishes.accept)
        await player.play(progress=progress)
        spent, seconds = processes.cpu_seconds() - cpu, time.monotonic() - began
        return Figures(summarise(player.outcomes), await editor.statistics(), spent, seconds)
    finally:
        await editor.close()
