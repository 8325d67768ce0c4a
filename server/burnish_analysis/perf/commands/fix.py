"""``burnish fix``: apply fixes that behave the same, or show what they would change."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from burnish_analysis.perf.checking import Task
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
from burnish_analysis.perf.judging import Verifier
from burnish_analysis.perf.rewriting import FixOptions, FixReport, Outcome, fix_file

__all__ = ["fix"]


@click.command()
@paths_argument
@click.option(
    "--rule", "rules", multiple=True, callback=rule_ids, metavar="RULE", help="Only this rule's fixes."
)
@click.option(
    "--suggested",
    is_flag=True,
    help="Also the suggested refactorings: those that lower the complexity of a complex function.",
)
@click.option(
    "--suggest-from",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="What counts as complex; 1: every function.  [default: the project's setting, else 11]",
)
@click.option("--ignore", multiple=True, callback=rule_ids, metavar="RULE", help="Not this rule's fixes.")
@click.option(
    "--verify/--no-verify",
    default=False,
    show_default=True,
    help="Run both versions in a sandbox: also applies what is only possibly the same, if they behave alike and the "
    "new one is faster; holds back whatever differs or is slower.",
)
@click.option(
    "--write/--diff", default=False, show_default="diff", help="Change the files, or show what would change."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of fixes.")
@jobs_option
@click.pass_context
def fix(
    context: click.Context,
    paths: tuple[Path, ...],
    rules: frozenset[str],
    suggested: bool,
    suggest_from: int | None,
    ignore: frozenset[str],
    verify: bool,
    write: bool,
    as_json: bool,
    jobs: int | None,
) -> None:
    """Make Python code in files and below folders faster, or simpler.

    Applies fixes that are shown to behave the same: those for performance, and refactorings named by --rule or --suggested.
    Nothing is run unless --verify is given, nothing is changed unless --write is. What it prints without --write is a
    difference for git apply or patch -p1.

    The exit status is 1 where there was something to fix (or a file that could not be looked at), 0 where there was not, 2 for
    wrong usage.
    """
    project = Project(Choice(rules, ignore))
    files, problems = project.files(paths)
    tasks = [Task(file, project.of(file)) for file in files]
    options = FixOptions(write, *_verifying(verify), suggested, suggest_from)
    # What is timed is timed alone.
    jobs = 1 if verify else jobs
    reports = in_every_file(partial(fix_file, options=options), tasks, "Fixing", jobs, _lost)
    problems += [problem for report in reports for problem in report.problems]
    outcomes = [outcome for report in reports for outcome in report.outcomes]
    if as_json:
        click.echo(json.dumps([outcome.as_dict() for outcome in outcomes]))
    else:
        _show(reports, write=write)
    failed = tell_problems(problems)
    if not as_json:
        _summary(outcomes, len(files), write=write, verify=verify)
    context.exit(1 if failed or any(outcome.accepted for outcome in outcomes) else 0)


def _verifying(verify: bool) -> tuple[Verifier | None, Callable[[str], None] | None]:
    if not verify:
        return None, None
    from burnish_analysis.perf import verifying

    return verifying.sandboxed, said_on_terminal("Verifying")


def _lost(path: Path, problem: Problem) -> FixReport:
    return FixReport(path, problems=(problem,))


def _show(reports: list[FixReport], *, write: bool) -> None:
    """The whole difference, or the fixes that were written."""
    if write:
        for report in reports:
            for one in report.outcomes:
                if one.applied:
                    click.echo(writable(f"{one.path}:{one.line}: {one.rule}{_evidence(one)}"))
        return
    sys.stdout.flush()
    stream = sys.stdout.buffer
    colours = sys.stdout.isatty()
    for report in reports:
        stream.write(_coloured(report.diff) if colours else report.diff)
    stream.flush()


def _coloured(diff: bytes) -> bytes:
    colours = {b"+": b"\x1b[32m", b"-": b"\x1b[31m", b"@": b"\x1b[36m"}
    return b"\n".join(
        colours[line[:1]] + line + b"\x1b[0m" if line[:1] in colours else line for line in diff.split(b"\n")
    )


def _evidence(one: Outcome) -> str:
    return f" ({one.verdict.evidence or one.verdict.reason})" if one.verdict else ""


def _summary(outcomes: list[Outcome], files: int, *, write: bool, verify: bool) -> None:
    accepted = [one for one in outcomes if one.accepted]
    refused = [one for one in outcomes if not one.accepted]
    applied = sum(one.applied for one in outcomes)
    where = f"in {shown(files, 'file')}"
    if write:
        click.echo(f"{shown(applied, 'fix', 'fixes')} applied {where}.", err=True)
    elif accepted:
        changed = shown(len({one.path for one in accepted}), "file")
        click.echo(
            f"{shown(len(accepted), 'fix', 'fixes')} would change {changed} of {files}: burnish fix --write",
            err=True,
        )
    else:
        click.echo(f"Nothing to fix {where}.", err=True)
    if verify:
        for one in refused:
            click.echo(writable(f"  not applied: {one.path}:{one.line}: {one.rule}: {one.reason}"), err=True)
    elif refused:
        possible = shown(len(refused), "more would need", "more would need")
        click.echo(f"  {possible} verification first: burnish fix --verify", err=True)
