"""Figures of many files, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_analysis.errors import FileError, SourceError
from burnish_analysis.metrics.measure import measure
from burnish_analysis.metrics.model import RANKS, Block, FileMetrics
from burnish_analysis.perf.checking import Task
from burnish_analysis.perf.files import Problem, read_source

__all__ = ["ORDERS", "FileResult", "Row", "Summary", "measure_task", "rows", "summary_of", "worse"]


@dataclass(frozen=True, slots=True)
class FileResult:
    """The figures of one file, or why there are none."""

    path: Path
    metrics: FileMetrics | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A function and its file."""

    metrics: FileMetrics
    block: Block


@dataclass(frozen=True, slots=True)
class Summary:
    """Many files in a few figures.

    Attributes:
        ranks: how many functions have each rank. average: the mean complexity of the functions; 0 where there are none.
        mi: the mean maintainability index of the files, each weighing as its lines of code do.
    """

    files: int
    functions: int
    lines: int
    average: float
    mi: float
    ranks: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "files": self.files,
            "functions": self.functions,
            "lines": self.lines,
            "average_complexity": self.average,
            "mi": self.mi,
            "ranks": self.ranks,
        }


def measure_task(task: Task) -> FileResult:
    """Read and measure one file; never raises for what stands in it."""
    path = task.path
    try:
        return FileResult(path, measure(read_source(path).text, str(path)))
    except (FileError, SourceError) as error:
        return FileResult(path, problem=Problem(str(path), str(error)))


def _effort(row: Row) -> float:
    return -(row.block.halstead.effort if row.block.halstead else 0.0)


#: By what functions can be put in order, the worst first, and how.
ORDERS: dict[str, Callable[[Row], Any]] = {
    "complexity": lambda row: (-row.block.complexity, -row.block.nesting),
    "nesting": lambda row: (-row.block.nesting, -row.block.complexity),
    "effort": _effort,
    "maintainability": lambda row: (row.metrics.mi, -row.block.complexity),
    "path": lambda row: row.metrics.path,
}


def rows(files: Iterable[FileMetrics], order: str, above: str | None = None) -> list[Row]:
    """The functions and methods of files in an order of ``ORDERS``, where equal by path and line.

    Args:
        above: only those with a worse rank than this.
    """
    found = [
        Row(metrics, block)
        for metrics in files
        for block in metrics.functions
        if above is None or worse(block.rank, above)
    ]
    return sorted(found, key=lambda row: (ORDERS[order](row), row.metrics.path, row.block.line))


def worse(rank: str, than: str) -> bool:
    """Whether a rank of complexity is worse than another."""
    return RANKS.index(rank) > RANKS.index(than)


def summary_of(files: Sequence[FileMetrics]) -> Summary:
    """Add files up."""
    functions = [block for metrics in files for block in metrics.functions]
    counted = Counter(block.rank for block in functions)
    weights = sum(metrics.raw.sloc for metrics in files)
    return Summary(
        files=len(files),
        functions=len(functions),
        lines=weights,
        average=sum(block.complexity for block in functions) / len(functions) if functions else 0.0,
        mi=sum(metrics.mi * metrics.raw.sloc for metrics in files) / weights if weights else 100.0,
        ranks={rank: counted[rank] for rank in RANKS},
    )
