"""Typing for a long time at one server: does it grow, get stuck, fail or get slow?"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from burnish_server.replay.editor import Editor
from burnish_server.replay.player import Outcome, Player
from burnish_server.replay.processes import ProcessTree
from burnish_server.replay.project import Source, materialise, read_sources
from burnish_server.replay.record import record
from burnish_server.replay.summary import Summary, Times, summarise

__all__ = ["Limits", "Report", "endure", "growth"]

_ERROR = re.compile(r"\b(ERROR|CRITICAL)\b|Traceback")


@dataclass(frozen=True, slots=True)
class Limits:
    """What must hold, and how often it is looked at. Seconds, but where a name says otherwise."""

    growth: float = 0.05
    hover_p99_ms: float = 50.0
    completion: float = 10.0
    hover: float = 2.0
    memory_every: float = 5.0
    hover_every: float = 0.25
    #: Memory counts from then on: this much of the time, but no more than that many seconds.
    warm_up_share: float = 0.2
    warm_up: float = 300.0


@dataclass(frozen=True, slots=True)
class Report:
    """The figures and what is wrong with them. ``memory`` holds ``(seconds, bytes)``."""

    minutes: float
    summary: Summary
    memory: list[tuple[float, int]]
    growth: float
    hovers: Times
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "passed": self.passed}

    def __str__(self) -> str:
        sizes = [size / 2**20 for _, size in self.memory] or [0.0]
        verdict = "passed" if self.passed else "FAILED: " + "; ".join(self.problems)
        return (
            f"{self.minutes:.1f} minutes, {self.summary.keystrokes:,} keys, answered before the next "
            f"{self.summary.answered.value:.1%}, {self.summary.accepted_characters:,} characters accepted\n"
            f"answers   {self.summary.times}\n"
            f"hovers    {self.hovers}\n"
            f"memory    {sizes[0]:.0f} MiB at first, {max(sizes):.0f} at most, {sizes[-1]:.0f} at last; after the "
            f"warm-up {self.growth:+.1%}\n{verdict}"
        )


class _Watch:
    """Reads memory and asks for hovers while the player types."""

    def __init__(self, editor: Editor, limits: Limits) -> None:
        self.memory: list[tuple[float, int]] = []
        self.hovers: list[float] = []
        self.problems: list[str] = []
        self.player: Player | None = None
        self._editor, self._limits = editor, limits
        self._began = time.monotonic()
        self._processes = ProcessTree(editor.pid)
        self._tasks = [asyncio.create_task(self._weigh()), asyncio.create_task(self._hover())]

    @property
    def broken(self) -> bool:
        """Whether going on makes no sense."""
        return not self._editor.alive or any(task.done() for task in self._tasks)

    async def stop(self) -> None:
        """End both; what broke them is raised."""
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                self.problems.append(f"watching ended: {result!r}")

    async def _weigh(self) -> None:
        while True:
            self.memory.append((time.monotonic() - self._began, self._processes.resident_bytes()))
            await asyncio.sleep(self._limits.memory_every)

    async def _hover(self) -> None:
        while True:
            await asyncio.sleep(self._limits.hover_every)
            outcome = self.player.outcomes[-1] if self.player is not None and self.player.outcomes else None
            if outcome is None:
                continue
            began = time.perf_counter()
            try:
                place = (max(0, outcome.event.caret[0] - 1), 4)
                await asyncio.wait_for(self._editor.hover(outcome.event.path, place), self._limits.hover)
            except TimeoutError:
                self.problems.append(f"a hover took longer than {self._limits.hover:g} s")
            self.hovers.append((time.perf_counter() - began) * 1000)


async def endure(
    project: Path,
    scratch: Path,
    model: Path,
    *,
    minutes: float,
    speed: float,
    seed: int,
    limits: Limits,
    tell: Callable[[str], None] = lambda _text: None,
) -> Report:
    """Type at one server for ``minutes`` and judge it.

    Raises:
        PlaybackError: the server did not start.
    """
    sources = read_sources(project)
    folder, home = scratch / "project", scratch / "home"
    materialise(project, record(sources, project.name, seed=seed, files=4, minutes=1), folder)
    editor = await Editor.start(folder, home, {"model": str(model)})
    worker = editor.status.get("enginePid")
    watch = _Watch(editor, limits)
    began = time.monotonic()
    outcomes: list[Outcome] = []
    try:
        while (left := minutes * 60 - (time.monotonic() - began)) > 0 and not watch.broken:
            await _one_trace(editor, watch, sources, (project, folder), min(left, 300), speed, seed, outcomes)
            seed += 1
            tell(f"{(time.monotonic() - began) / 60:.1f} minutes, {len(outcomes):,} keys, {_mib(watch)}")
        await watch.stop()
        alive, same = editor.alive, editor.status.get("enginePid") == worker
    finally:
        await editor.close()
    problems = list(watch.problems)
    if not alive:
        problems.append("the server died")
    elif not same:
        problems.append("the engine's worker died and was started again")
    return _report(time.monotonic() - began, watch, outcomes, home, limits, problems)


async def _one_trace(
    editor: Editor,
    watch: _Watch,
    sources: list[Source],
    folders: tuple[Path, Path],
    seconds: float,
    speed: float,
    seed: int,
    outcomes: list[Outcome],
) -> None:
    """One more trace in the same server: its files are closed again at the end, as at the end of a piece of work."""
    project, folder = folders
    trace = record(sources, project.name, seed=seed, files=4, minutes=seconds * speed / 60)
    materialise(project, trace, folder)
    player = watch.player = Player(trace, editor, speed=speed, accept=True)
    playing = asyncio.create_task(player.play())
    await asyncio.wait({playing}, timeout=seconds + 5)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    watch.player = None
    for path in trace.files:
        editor.closed(path)
    outcomes += player.outcomes


def _report(
    seconds: float, watch: _Watch, outcomes: list[Outcome], home: Path, limits: Limits, problems: list[str]
) -> Report:
    since = min(seconds * limits.warm_up_share, limits.warm_up)
    later = [(at, size) for at, size in watch.memory if at >= since]
    grown = growth(later)
    if abs(grown) > limits.growth and grown > 0:
        problems.append(f"memory grew by {grown:.1%} after the first {since / 60:.1f} minutes")
    hovers = Times.of(watch.hovers)
    if not watch.hovers:
        problems.append("no hover was answered")
    if hovers.p99 > limits.hover_p99_ms:
        problems.append(f"the 99th percentile of hovers is {hovers.p99:.0f} ms")
    slow = [o for o in outcomes if o.milliseconds is not None and o.milliseconds > limits.completion * 1000]
    if slow:
        problems.append(f"{len(slow)} completions took longer than {limits.completion:g} s")
    failed = [outcome.failed for outcome in outcomes if outcome.failed]
    if failed:
        problems.append(f"{len(failed)} completions failed, the first with {failed[0]}")
    if not any(outcome.answered is not None for outcome in outcomes):
        problems.append("no completion was answered")
    errors = _errors(home)
    if errors:
        problems.append(f"{len(errors)} errors in the log, the first: {errors[0]}")
    return Report(seconds / 60, summarise(outcomes), watch.memory, grown, hovers, problems)


def growth(samples: list[tuple[float, int]]) -> float:
    """How much a line fitted through ``(seconds, bytes)`` rises from the first sample to the last, as a share."""
    if len(samples) < 3:
        return 0.0
    at = np.asarray([seconds for seconds, _ in samples])
    size = np.asarray([size for _, size in samples], dtype=float)
    slope, start = np.polyfit(at - at[0], size, 1)
    return float(slope * (at[-1] - at[0]) / max(start, 1.0))


def _errors(home: Path) -> list[str]:
    """Lines of the server's logs that report an error."""
    found: list[str] = []
    for file in sorted((home / "logs").glob("serve.log*")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [line[:300] for line in lines if _ERROR.search(line)]
    return found


def _mib(watch: _Watch) -> str:
    return f"{watch.memory[-1][1] / 2**20:.0f} MiB" if watch.memory else "no memory read"
