"""``burnish check``: what could be faster, in files and folders."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import click

from burnish_analysis.perf.changed import changed_lines
from burnish_analysis.perf.checking import CheckOptions, FileReport, Task, check_file
from burnish_analysis.perf.commands.parts import (
    Choice,
    Project,
    in_every_file,
    jobs_option,
    paths_argument,
    rule_ids,
    said_on_terminal,
    shown,
    tell_problems,
    writable,
)
from burnish_analysis.perf.files import Problem
from burnish_analysis.perf.report.items import Item

__all__ = ["check"]

Format = Literal["text", "json", "sarif"]


@click.command()
@paths_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="How findings are written to stdout.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--select", multiple=True, callback=rule_ids, metavar="RULE", help="Only these rules.")
@click.option("--ignore", multiple=True, callback=rule_ids, metavar="RULE", help="Not these rules.")
@click.option("--exact-only", is_flag=True, help="Only what is shown to behave the same when fixed.")
@click.option(
    "--suggested",
    is_flag=True,
    help="Also refactorings that lower the complexity of a complex function (always where pyproject.toml has a "
    "tool.burnish.refactor).",
)
@click.option(
    "--since", metavar="REVISION", default=None, help="Only on lines changed since this git revision."
)
@click.option(
    "--regressions",
    is_flag=True,
    help="Only functions that became slower since the revision: both versions are run in a sandbox.",
)
@jobs_option
@click.pass_context
def check(
    context: click.Context,
    paths: tuple[Path, ...],
    form: Format,
    as_json: bool,
    select: frozenset[str],
    ignore: frozenset[str],
    exact_only: bool,
    suggested: bool,
    since: str | None,
    regressions: bool,
    jobs: int | None,
) -> None:
    """Find Python code that could be faster or is too complex in files and below folders; nothing is run (but see
    --regressions) and nothing is changed.

    The exit status is 0 where there is nothing to say, 1 with findings (or a file that could not be looked at), 2 for
    wrong usage.
    """
    form = "json" if as_json else form
    project = Project(Choice(select, ignore))
    files, problems = project.files(paths)
    tasks = [Task(file, project.of(file)) for file in files]
    if since is not None:
        lines = changed_lines([task.path for task in tasks], since)
        tasks = [replace(task, lines=lines[task.path]) for task in tasks if task.path in lines]
    if regressions:
        if since is None:
            raise click.UsageError("--regressions needs --since REVISION.")
        items = _slower([task.path for task in tasks], since, problems)
    else:
        options = CheckOptions(exact_only, changes=form == "sarif", suggested=suggested)
        look = partial(check_file, options=options)
        reports = in_every_file(look, tasks, "Checking", jobs, _lost)
        items = [item for report in reports for item in report.items]
        problems += [problem for report in reports for problem in report.problems]
    _write(form, items, problems)
    failed = tell_problems(problems)
    if form == "text" and not regressions:
        _summary(items, len(tasks))
    context.exit(1 if failed or items else 0)


def _lost(path: Path, problem: Problem) -> FileReport:
    return FileReport(path, problems=(problem,))


def _slower(paths: list[Path], since: str, problems: list[Problem]) -> list[Item]:
    """Verified regressions; what became of the other changed functions is said on stderr."""
    from burnish_analysis.perf import verifying
    from burnish_analysis.perf.regressions import compare_file

    items: list[Item] = []
    for path in paths:
        compared, more = compare_file(path, since, verifying.sandboxed, said_on_terminal("Comparing"))
        problems += more
        for one in compared:
            if one.item is not None:
                items.append(one.item)
            verdict = one.verdict
            click.echo(writable(f"{path}: {one.function}: {verdict.evidence or verdict.reason}"), err=True)
    return items


def _write(form: Format, items: list[Item], problems: list[Problem]) -> None:
    if form == "json":
        click.echo(json.dumps([item.as_dict() for item in items]))
    elif form == "sarif":
        from burnish_analysis.perf.report.sarif import sarif_log

        click.echo(json.dumps(sarif_log(items, problems, Path.cwd()), indent=2))
    else:
        from burnish_analysis.perf.report.text import line_of

        for item in items:
            click.echo(writable(line_of(item)))


def _summary(items: list[Item], looked_at: int) -> None:
    files = shown(looked_at, "file")
    if not items:
        click.echo(f"Nothing found in {files}.", err=True)
        return
    exact = sum(item.fixable and item.certainty == "exact" for item in items)
    possible = sum(item.fixable and item.certainty == "possible" for item in items)
    click.echo(f"{shown(len(items), 'finding')} in {files}.", err=True)
    if exact:
        click.echo(f"  {exact} with a fix that behaves the same: burnish fix", err=True)
    if possible:
        click.echo(f"  {possible} with a fix to be verified first: burnish fix --verify", err=True)
