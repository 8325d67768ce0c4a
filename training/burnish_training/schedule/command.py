"""``burnish nightly install`` and ``uninstall``."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import click

from burnish_training.schedule.errors import ScheduleError
from burnish_training.schedule.plan import Installed, Scheduler, run_plan

__all__ = ["install", "schedule_status", "scheduler", "uninstall"]

_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


def scheduler(platform: str = sys.platform) -> Scheduler:
    """This system's scheduler.

    Raises:
        ScheduleError: none that Burnish knows.
    """
    if platform == "win32":
        from burnish_training.schedule.windows import TaskScheduler

        return TaskScheduler()
    if platform == "darwin":
        from burnish_training.schedule.launchd import Launchd

        return Launchd(Path.home() / "Library" / "LaunchAgents", os.getuid())
    if platform.startswith("linux"):
        from platformdirs import user_config_path

        from burnish_training.schedule.systemd import Systemd

        return Systemd(user_config_path() / "systemd" / "user")
    raise ScheduleError(
        f"Burnish knows no scheduler of {platform}. Start 'burnish nightly run' with your own."
    )


def schedule_status(platform: str = sys.platform) -> dict[str, Any]:
    """What is installed here, as plain data; where Burnish knows no scheduler its sentence says so."""
    try:
        return scheduler(platform).status().as_json()
    except ScheduleError as error:
        return {**Installed(False, "none").as_json(), "sentence": str(error)}


def _time(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[int, int]:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value)
    if match is None:
        raise click.BadParameter(f"{value!r} is no time of day such as 03:30")
    return int(match[1]), int(match[2])


@click.command()
@click.option("--at", default="03:30", show_default=True, callback=_time, help="Local time of day, HH:MM.")
@_json_option
@click.pass_context
def install(ctx: click.Context, at: tuple[int, int], as_json: bool) -> None:
    """Start the nightly run every night: systemd user timer, launchd, or Task Scheduler.

    A run begins only on mains power and while nobody uses the machine, and only where you have agreed to training.
    """
    state = ctx.find_object(dict) or {}
    chosen = scheduler()
    chosen.install(run_plan(Path(state["home"]), *at))
    _tell(chosen.status().as_json(), as_json)


@click.command()
@_json_option
def uninstall(as_json: bool) -> None:
    """Do not start the nightly run any more; what was learned stays."""
    chosen = scheduler()
    chosen.uninstall()
    _tell(chosen.status().as_json(), as_json)


def _tell(document: dict[str, Any], as_json: bool) -> None:
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else document["sentence"])
