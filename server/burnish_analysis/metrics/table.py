"""Figures as a person reads them in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from burnish_analysis.metrics.model import FileMetrics
from burnish_analysis.metrics.report import Row, Summary
from burnish_analysis.metrics.trend import Trend

__all__ = ["show_files", "show_functions", "show_summary", "show_trend"]

_COLOURS = {"A": "green", "B": "green", "C": "yellow", "D": "yellow", "E": "red", "F": "bold red"}
_FILE_COLOURS = {"A": "green", "B": "yellow", "C": "red"}
#: Wide enough for any path where the output is no terminal: nothing is cut off in a file.
_WIDE = 10_000


def _console() -> Console:
    return Console(
        file=sys.stdout, width=None if sys.stdout.isatty() else _WIDE, highlight=False, soft_wrap=False
    )


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in columns:
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    return table


def _said(text: str) -> Text:
    """A text without markup, and with what no stream can say written as escapes."""
    return Text(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def show_functions(rows: Sequence[Row], limit: int) -> None:
    """A table of functions; ``limit`` 0 shows all."""
    table = _table(
        ("rank", "left"),
        ("complexity", "right"),
        ("nesting", "right"),
        ("function", "left"),
        ("place", "left"),
    )
    shown = rows[:limit] if limit else rows
    for row in shown:
        block = row.block
        table.add_row(
            Text(block.rank, style=_COLOURS[block.rank]),
            str(block.complexity),
            str(block.nesting),
            _said(block.name),
            _said(f"{row.metrics.path}:{block.line}"),
        )
    console = _console()
    if shown:
        console.print(table)
    if more := len(rows) - len(shown):
        console.print(_said(f"… and {more:,} more: --limit 0 shows all."))


def show_files(files: Sequence[FileMetrics], limit: int) -> None:
    """A table of the files that are hardest to maintain."""
    worst = sorted(files, key=lambda metrics: (metrics.mi, metrics.path))[: limit or None]
    if not worst:
        return
    table = _table(
        ("rank", "left"), ("maintainability", "right"), ("lines of code", "right"), ("file", "left")
    )
    for metrics in worst:
        table.add_row(
            Text(metrics.mi_rank, style=_FILE_COLOURS[metrics.mi_rank]),
            f"{metrics.mi:.1f}",
            f"{metrics.raw.sloc:,}",
            _said(metrics.path),
        )
    console = _console()
    console.print()
    console.print(table)


def show_trend(trend: Trend, limit: int) -> None:
    """What became more and less complex, file by file."""
    console = _console()
    if not trend.files:
        console.print(_said(f"No file changed since {trend.revision}."))
        return
    table = _table(("change", "right"), ("before", "right"), ("now", "right"), ("function", "left"))
    entries = [(path, function) for path, one in trend.files.items() for function in one.functions]
    entries.sort(key=lambda entry: -entry[1].change)
    for path, function in entries[: limit or None]:
        before, after = function.before, function.after
        table.add_row(
            f"{function.change:+d}",
            str(before.complexity) if before else "new",
            str(after.complexity) if after else "gone",
            _said(f"{function.name}  {path}:{after.line}" if after else f"{function.name}  {path}"),
        )
    if entries:
        console.print(table)
    else:
        console.print(_said(f"No function's complexity changed since {trend.revision}."))
    if limit and len(entries) > limit:
        console.print(_said(f"… and {len(entries) - limit:,} more: --limit 0 shows all."))


def show_summary(summary: Summary, before: Summary | None, revision: str = "") -> None:
    """The sums, and what they were."""
    ranks = ", ".join(f"{count:,} {rank}" for rank, count in summary.ranks.items() if count)
    files = "file" if summary.files == 1 else "files"
    lines = [
        f"{summary.functions:,} functions in {summary.files:,} {files}{f': {ranks}' if ranks else ''}.",
        f"Complexity {summary.average:.2f} on average, maintainability {summary.mi:.1f}.",
    ]
    if before is not None:
        lines.append(
            f"At {revision}: complexity {before.average:.2f}, maintainability {before.mi:.1f}, {before.functions:,} functions."
        )
    console = _console()
    console.print()
    for line in lines:
        console.print(_said(line))
