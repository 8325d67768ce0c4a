"""``burnish metrics``: radon's figures of files and folders, the worst functions first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from burnish_analysis.metrics.model import RANKS, FileMetrics
from burnish_analysis.metrics.report import ORDERS, FileResult, measure_task, rows, summary_of
from burnish_analysis.metrics.trend import Trend, trend_since
from burnish_analysis.perf.checking import Task
from burnish_analysis.perf.commands.parts import (
    Choice,
    Project,
    in_every_file,
    jobs_option,
    paths_argument,
    tell_problems,
)
from burnish_analysis.perf.files import Problem

__all__ = ["metrics"]


@click.command()
@paths_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list: a dictionary for every file.")
@click.option(
    "--against", metavar="REVISION", default=None, help="Also say what changed since this git revision."
)
@click.option(
    "--above",
    "--fail-above",
    "above",
    type=click.Choice(list(RANKS), case_sensitive=False),
    default=None,
    help="Show only functions with a worse rank than this; the exit status is 1 where there are any.",
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(list(ORDERS)),
    default="complexity",
    show_default=True,
    help="By what functions are put in order, the worst first.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many functions are shown; 0 shows all. JSON always holds all.",
)
@jobs_option
@click.pass_context
def metrics(
    context: click.Context,
    paths: tuple[Path, ...],
    as_json: bool,
    against: str | None,
    above: str | None,
    order: str,
    limit: int,
    jobs: int | None,
) -> None:
    """Measure complexity, maintainability, Halstead's measures and lines, as radon counts them, in files and below folders.

    The exit status is 0; 1 where --above finds a function or a file could not be measured; 2 for wrong usage.
    """
    project = Project(Choice())
    files, problems = project.files(paths)
    tasks = [Task(file, project.of(file)) for file in files]
    results = in_every_file(measure_task, tasks, "Measuring", jobs, _lost)
    problems += [result.problem for result in results if result.problem is not None]
    measured = [result.metrics for result in results if result.metrics is not None]
    trend = trend_since(measured, against) if against is not None else None
    if trend is not None:
        problems += trend.problems
    chosen = rows(measured, order, above)
    if as_json:
        click.echo(json.dumps([_entry(one, trend, above) for one in measured]))
    else:
        from burnish_analysis.metrics import table

        table.show_functions(chosen, limit)
        if above is None:
            table.show_files(measured, 5)
        before = None
        if trend is not None:
            click.echo()
            table.show_trend(trend, limit)
            before = summary_of(trend.before(measured))
        table.show_summary(summary_of(measured), before, against or "")
    failed = tell_problems(problems)
    context.exit(1 if failed or (above is not None and chosen) else 0)


def _lost(path: Path, problem: Problem) -> FileResult:
    return FileResult(path, problem=problem)


def _entry(metrics: FileMetrics, trend: Trend | None, above: str | None) -> dict[str, Any]:
    """One file. With ``above`` its functions are those that are worse; with a trend, ``against`` says what it was."""
    entry = metrics.as_dict()
    if above is not None:
        entry["functions"] = [row.block.as_dict() for row in rows([metrics], "path", above)]
    if trend is not None:
        changed = trend.files.get(metrics.path)
        before = changed.before if changed else metrics
        entry["against"] = {
            "revision": trend.revision,
            "changed": changed is not None,
            "before": before and {"mi": before.mi, "average_complexity": before.average_complexity},
            "functions": [one.as_dict() for one in changed.functions] if changed else [],
        }
    return entry
