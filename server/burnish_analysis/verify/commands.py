"""``burnish verify``: compare and time two versions of a function."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from burnish_analysis.verify.capture import FunctionAt, capture
from burnish_analysis.verify.model import Call, Verdict, VerifyOptions
from burnish_analysis.verify.verify import verify as verify_versions

__all__ = ["verify"]


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--function", required=True, help="Dotted name of the function: f, or Class.method.")
@click.option(
    "--seconds", default=10.0, show_default=True, type=click.FloatRange(min=1.0), help="Bound for everything."
)
@click.option(
    "--inputs", default=200, show_default=True, type=click.IntRange(min=1), help="Most inputs compared."
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Seed of the inputs.")
@click.option("--no-measure", is_flag=True, help="Do not time the versions.")
@click.option(
    "--path", "paths", multiple=True, type=click.Path(path_type=Path), help="Folder the modules import from."
)
@click.option(
    "--tests",
    type=click.Path(path_type=Path),
    help="Folder of the project BEFORE lies in: its tests are run in the sandbox, and the calls they make come first.",
)
@click.option(
    "--script",
    "script_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a script here that shows the difference, where there is one.",
)
@click.option("--module", default="", help="The module's dotted name, for relative imports.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def verify(
    before: Path,
    after: Path,
    function: str,
    seconds: float,
    inputs: int,
    seed: int,
    no_measure: bool,
    paths: tuple[Path, ...],
    tests: Path | None,
    script_file: Path | None,
    module: str,
    as_json: bool,
) -> None:
    """Compare two versions of a function by running both in a sandbox, and time them.

    BEFORE and AFTER are Python files. Exit status: 0 equivalent, 1 different or not verifiable, 2 wrong usage.
    """
    texts = [_read(path) for path in (before, after)]
    for folder in paths:
        if not folder.is_dir():
            raise click.UsageError(f"--path {folder}: there is no such folder.")
    options = VerifyOptions(
        seconds=seconds,
        inputs=inputs,
        seed=seed,
        path=tuple(folder.resolve() for folder in paths),
        module=module,
        calls=() if tests is None else _captured(tests, before, function, paths),
        measure=not no_measure,
    )
    verdict = _run(texts[0], texts[1], function, options, quiet=as_json)
    if script_file is not None and verdict.counterexample is not None:
        _write(script_file, verdict.counterexample.source)
    if as_json:
        click.echo(json.dumps(verdict.as_dict(), indent=2))
    else:
        _show(verdict, script_file)
    sys.exit(0 if verdict.verdict == "equivalent" else 1)


def _captured(project: Path, file: Path, function: str, paths: tuple[Path, ...]) -> tuple[Call, ...]:
    """The calls that the project's own tests make."""
    if not project.is_dir():
        raise click.UsageError(f"--tests {project}: there is no such folder.")
    if not file.resolve().is_relative_to(project.resolve()):
        raise click.UsageError(f"--tests {project}: {file} does not lie in it, so its tests cannot call it.")
    found = capture(project, FunctionAt(file, function), path=paths)
    if found.reason:
        click.echo(f"No calls from the tests: {found.reason}.", err=True)
    return found.calls


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is no UTF-8 text ({error.reason} at byte {error.start}).") from error


def _run(before: str, after: str, function: str, options: VerifyOptions, *, quiet: bool) -> Verdict:
    if quiet or not sys.stderr.isatty():
        return verify_versions(before, after, function, options)
    with Console(stderr=True).status("starting") as status:
        return verify_versions(
            before, after, function, options, progress=lambda _, words: status.update(words)
        )


def _write(file: Path, script: str) -> None:
    try:
        file.write_text(script, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--script {file} cannot be written: {error.strerror}.") from error


def _show(verdict: Verdict, script_file: Path | None) -> None:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if verdict.counterexample is None:
        console.print(verdict.evidence)
    else:
        shown = verdict.counterexample
        console.print(f"different: {shown.call}\n  before: {shown.before}\n  after:  {shown.after}")
        said = f"{script_file} shows it." if script_file else "--script FILE writes a script that shows it."
        console.print(said)
    if verdict.sandbox:
        console.print(f"sandbox: {verdict.sandbox}; {verdict.seconds:.1f} s")
