"""A workspace's figures for the dashboard: bounded in files, functions and seconds, with progress, and stopped at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish_server.perf.worker_process import AnalyserError, WorkerProcess

__all__ = ["Bounds", "SurveyProcess", "surveyed", "trend"]

#: Seconds between two reports of progress.
_STEP_S = 0.4
#: Files that are handed over at a time.
_BATCH = 64
#: Seconds in which git and the files that changed must be through.
_TREND_S = 120.0
#: Sentences on files that could not be measured.
_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is measured at most: files, seconds; and how many functions are told of, the most complex."""

    files: int = 5_000
    seconds: float = 120.0
    functions: int = 5_000


class SurveyProcess(WorkerProcess):
    """Lives as long as one report."""

    module = "burnish_server.metrics.survey"

    async def __aenter__(self) -> SurveyProcess:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()
        await self.ended()

    async def files(self, roots: list[Path], keep: Callable[[str], bool]) -> tuple[list[str], list[str]]:
        """The Python files below some folders, and what could not be looked at.

        Raises:
            AnalyserError: they could not be listed.
        """
        answer = await self.ask({"op": "list", "roots": [str(root) for root in roots]}, _TREND_S)
        return [file for file in answer["files"] if keep(file)], list(answer["problems"])


@dataclass(slots=True)
class _Run:
    files: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    done: int = 0


async def surveyed(
    roots: list[Path],
    bounds: Bounds,
    keep: Callable[[str], bool],
    tell: Callable[[int, int], None],
    stopped: asyncio.Event,
) -> dict[str, Any]:
    """Measure the Python files below some folders.

    Args:
        keep: whether a file is to be looked at. tell: is told how many of how many are done.
        stopped: when it is set, what was measured until then is told.

    Raises:
        AnalyserError: they could not be measured.
    """
    began, run = time.monotonic(), _Run()
    async with SurveyProcess() as process:
        listed, run.problems = await process.files(roots, keep)
        chosen = listed[: bounds.files]
        while run.done < len(chosen) and not stopped.is_set():
            if time.monotonic() - began > bounds.seconds:
                break
            await _batch(process, chosen, run)
            tell(run.done, len(chosen))
    return {
        "roots": [str(root) for root in roots],
        **_told(run.files, bounds.functions, roots),
        "problems": run.problems[:_MOST_PROBLEMS],
        "left": len(listed) - run.done,
        "cancelled": stopped.is_set(),
        "seconds": time.monotonic() - began,
    }


async def _batch(process: SurveyProcess, chosen: list[str], run: _Run) -> None:
    paths = chosen[run.done : run.done + _BATCH]
    try:
        answer = await process.ask({"op": "measure", "paths": paths, "seconds": _STEP_S})
    except AnalyserError as error:
        # Which of them it was is not known; tried alone, it shows.
        if len(paths) > 1:
            for path in paths:
                await _batch(process, [*chosen[: run.done], path], run)
            return
        run.problems.append(f"{paths[0]} could not be measured: {error}")
        run.done += 1
        return
    run.files += answer["files"]
    run.problems += answer["problems"]
    run.done += answer["done"]


def _told(files: list[dict[str, Any]], most: int, roots: list[Path]) -> dict[str, Any]:
    """The files, with the most complex functions of all; of the others in a file their number and lines."""
    every = sorted(
        ((one["complexity"], -index, one) for file in files for index, one in enumerate(file["functions"])),
        key=lambda entry: entry[:2],
        reverse=True,
    )
    kept = {id(one) for _, _, one in every[:most]}
    ranks = {rank: sum(one["rank"] == rank for _, _, one in every) for rank in "ABCDEF"}
    return {
        "files": [_file(file, kept, roots) for file in files],
        "functions": len(every),
        "ranks": ranks,
        "average": sum(complexity for complexity, _, _ in every) / len(every) if every else 0.0,
        "lines": sum(file["lines"] for file in files),
        "mi": _mean(files),
    }


def _mean(files: list[dict[str, Any]]) -> float:
    """The mean maintainability index, each file weighing as its lines of code do."""
    lines = sum(file["lines"] for file in files)
    return sum(file["mi"] * file["lines"] for file in files) / lines if lines else 100.0


def _file(file: dict[str, Any], kept: set[int], roots: list[Path]) -> dict[str, Any]:
    functions = [one for one in file["functions"] if id(one) in kept]
    others = [one for one in file["functions"] if id(one) not in kept]
    return {
        **_named(file, roots),
        "functions": functions,
        "others": {"count": len(others), "lines": sum(one["lines"] for one in others)},
    }


def _named(file: dict[str, Any], roots: list[Path]) -> dict[str, Any]:
    """A file with its name below the workspace's folder and its address."""
    path = Path(file["path"])
    root = next((root for root in roots if path.is_relative_to(root)), None)
    name = path.relative_to(root).as_posix() if root is not None else path.as_posix()
    if root is not None and len(roots) > 1:
        name = f"{root.name}/{name}"
    return {**file, "path": name, "uri": path.as_uri()}


async def trend(roots: list[Path], revision: str, keep: Callable[[str], bool]) -> dict[str, Any]:
    """What changed in a workspace since a git revision.

    Raises:
        AnalyserError: it is in no repository, or the revision is unknown.
    """
    async with SurveyProcess() as process:
        listed, _ = await process.files(roots, keep)
        answer = await process.ask({"op": "trend", "paths": listed, "revision": revision}, _TREND_S)
    return {**answer, "files": [_named(file, roots) for file in answer["files"]]}
