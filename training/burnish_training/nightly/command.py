"""``burnish nightly``: learn from what was recorded, and let the gate decide."""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from burnish_training.nightly.errors import NightlyError
from burnish_training.nightly.settings import GateSettings, NightlySettings, RunOptions
from burnish_training.schedule.command import install, schedule_status, uninstall

__all__ = ["nightly"]

_log = logging.getLogger(__name__)
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def _home() -> Path:
    state = click.get_current_context().find_object(dict) or {}
    return Path(state["home"])


@click.group()
def nightly() -> None:
    """Learn from what you accepted and rejected, on this machine."""


nightly.add_command(install)
nightly.add_command(uninstall)


@nightly.command()
@click.option(
    "--now", is_flag=True, help="Do not wait for mains power, an idle machine, or a pause in typing."
)
@click.option("--max-minutes", type=click.FloatRange(min=0), default=0.0, help="Train no longer than this.")
@click.option(
    "--max-steps",
    type=click.IntRange(min=0),
    default=0,
    envvar="BURNISH_NIGHTLY_MAX_STEPS",
    help="Train no more steps than this.",
)
@click.option(
    "--cases",
    type=click.IntRange(min=60),
    envvar="BURNISH_NIGHTLY_CASES",
    help="Lines that the gate asks for at most; fewer take less time and show only large differences. Burnish chooses by the "
    "model's size unless given.",
)
@click.option(
    "--wait-minutes",
    type=click.FloatRange(min=0),
    default=240.0,
    show_default=True,
    help="Give up for today when the machine was in use for so long.",
)
@click.option("--model", help="A catalogue name or a GGUF file; the selected model unless given.")
@click.option("--threads", type=click.IntRange(min=0), default=0, help="CPU threads; 0 lets Burnish choose.")
@click.option("--fresh", is_flag=True, help="Begin anew even if a run was interrupted.")
@_json_option
@click.pass_context
def run(
    ctx: click.Context,
    now: bool,
    max_minutes: float,
    max_steps: int,
    cases: int | None,
    wait_minutes: float,
    model: str | None,
    threads: int,
    fresh: bool,
    as_json: bool,
) -> None:
    """Train an adapter, let the gate judge it, and serve it if it is better.

    An interrupted run is taken up where it was. Ctrl-C stops after the present step and keeps what is done.
    """
    _needs_extra()
    from rich.console import Console

    from burnish_training.nightly.conditions import lower_priority
    from burnish_training.nightly.report import WELL, print_report
    from burnish_training.nightly.run import run_nightly

    options = RunOptions(
        now=now,
        max_minutes=max_minutes,
        max_steps=max_steps,
        wait_minutes=wait_minutes,
        model=model,
        threads=threads,
        fresh=fresh,
    )
    settings = NightlySettings(gate=GateSettings(cases=cases or 0))
    lower_priority()
    with _stop_signals() as should_stop, _shown() as listener:
        report = run_nightly(_home(), settings, options, should_stop=should_stop, listener=listener)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_report(report, Console())
    ctx.exit(0 if report["decision"] in WELL else 1)


@nightly.command()
@_json_option
def status(as_json: bool) -> None:
    """When the next run begins, how far a running one is, how the last one ended, and whether there is enough data."""
    from rich.console import Console

    from burnish_training.nightly.folder import Runs
    from burnish_training.nightly.report import print_report
    from burnish_training.nightly.survey import enough

    home = _home()
    runs = Runs(home)
    document: dict[str, Any] = {
        "schedule": schedule_status(),
        "running": runs.running(),
        "last": runs.last_report(),
        "enough": enough(home, NightlySettings().data),
    }
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    console = Console()
    console.print(document["schedule"]["sentence"], highlight=False)
    console.print(document["enough"]["sentence"], highlight=False)
    if (running := document["running"]) is not None:
        console.print(f"Running: {running['message']} ({running['fraction']:.0%}).", highlight=False)
    if (last := document["last"]) is not None:
        console.print(f"The last run, {last['run']}:", highlight=False)
        print_report(last, console)


def _needs_extra() -> None:
    """Check that what training needs is installed.

    Raises:
        NightlyError: it is not; says how to install it.
    """
    from importlib.util import find_spec

    missing = [name for name in ("torch", "transformers", "peft") if find_spec(name) is None]
    if missing:
        raise NightlyError(
            f'Training needs {", ".join(missing)}, which is not installed: pip install "burnish[train]"'
        )


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Whether a first Ctrl-C or SIGTERM came; a second one ends the process at once."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)
        _log.warning("Stopping after the present step; what is done is kept.")

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _shown() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Shows a run's status as a bar on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=1.0)

        def show(found: dict[str, Any]) -> None:
            steps = f" ({found['step']} of {found['steps']})" if found["steps"] > 1 else ""
            text = found["message"] if "step" in found["message"] else found["message"] + steps
            progress.update(task, completed=found["fraction"], description=text)

        yield show
