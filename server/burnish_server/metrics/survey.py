"""The process that measures a whole workspace, file after file.

Run as ``python -m burnish_server.metrics.survey``. One JSON object a line, one answer for each:

* ``{"op": "list", "roots"}`` → ``{"files", "problems"}``: the Python files below some folders, without those that projects exclude
* ``{"op": "measure", "paths", "seconds"}`` → ``{"done", "files", "problems"}``: as many as the time allows, at least one
* ``{"op": "trend", "paths", "revision"}`` → ``{"revision", "files", "problems"}``: those that changed since a git revision

What cannot be done is answered with ``{"error"}``. Lines count from 0.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from burnish_analysis.metrics.model import Block, FileMetrics
from burnish_analysis.metrics.report import measure_task
from burnish_analysis.metrics.trend import FileTrend, FunctionTrend, trend_since
from burnish_analysis.perf.changed import changed_lines
from burnish_analysis.perf.checking import Task
from burnish_analysis.perf.files import Problem, find_files
from burnish_analysis.perf.settings import PerfSettings, find_settings
from burnish_server.perf.serving import serve

__all__ = ["Survey", "main"]


class Survey:
    """Answers; remembers the settings of folders."""

    def __init__(self) -> None:
        self._settings: dict[Path, PerfSettings] = {}

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Carry out one operation."""
        match message["op"]:
            case "list":
                return self._list([Path(root) for root in message["roots"]])
            case "measure":
                return _measure([Path(path) for path in message["paths"]], message["seconds"])
            case "trend":
                return _trend([Path(path) for path in message["paths"]], message["revision"])
            case other:
                return {"error": f"there is no operation {other!r}"}

    def _list(self, roots: list[Path]) -> dict[str, Any]:
        files, problems = find_files(roots, self._excluded)
        return {"files": [str(file) for file in files], "problems": _said(problems)}

    def _excluded(self, path: Path) -> bool:
        folder = path.parent
        if folder not in self._settings:
            self._settings[folder] = find_settings(folder)
        settings = self._settings[folder]
        return bool(settings.exclude) and settings.excluded(path)


def _measure(paths: list[Path], seconds: float) -> dict[str, Any]:
    began, files, problems, done = time.monotonic(), [], [], 0
    for path in paths:
        result = measure_task(Task(path, PerfSettings()))
        done += 1
        if result.metrics is not None:
            files.append(_file(result.metrics))
        if result.problem is not None:
            problems.append(result.problem)
        if time.monotonic() - began > seconds:
            break
    return {"done": done, "files": files, "problems": _said(problems)}


def _file(metrics: FileMetrics) -> dict[str, Any]:
    return {
        "path": metrics.path,
        "mi": metrics.mi,
        "miRank": metrics.mi_rank,
        "complexity": metrics.total_complexity,
        "lines": metrics.raw.sloc,
        "functions": [_block(block) for block in metrics.functions],
    }


def _block(block: Block) -> dict[str, Any]:
    return {
        "name": block.name,
        "line": block.line - 1,
        "complexity": block.complexity,
        "rank": block.rank,
        "nesting": block.nesting,
        "lines": block.end_line - block.line + 1,
        "closure": block.closure,
    }


def _trend(paths: list[Path], revision: str) -> dict[str, Any]:
    changed = list(changed_lines(paths, revision))
    results = [measure_task(Task(path, PerfSettings())) for path in changed]
    measured = [result.metrics for result in results if result.metrics is not None]
    trend = trend_since(measured, revision)
    problems = [result.problem for result in results if result.problem is not None]
    return {
        "revision": revision,
        "files": [_file_trend(path, one) for path, one in trend.files.items()],
        "problems": _said([*problems, *trend.problems]),
    }


def _file_trend(path: str, trend: FileTrend) -> dict[str, Any]:
    return {
        "path": path,
        "miBefore": trend.before.mi if trend.before else None,
        "miAfter": trend.after.mi,
        "complexityBefore": trend.before.total_complexity if trend.before else None,
        "complexityAfter": trend.after.total_complexity,
        "functions": [_function_trend(one) for one in trend.functions],
    }


def _function_trend(trend: FunctionTrend) -> dict[str, Any]:
    return {
        "name": trend.name,
        "line": trend.after.line - 1 if trend.after else None,
        "before": trend.before.complexity if trend.before else None,
        "after": trend.after.complexity if trend.after else None,
    }


def _said(problems: list[Problem]) -> list[str]:
    return [problem.sentence for problem in problems]


def main() -> int:
    """Serve standard input until it ends."""
    return serve(Survey().answer)


if __name__ == "__main__":
    sys.exit(main())
