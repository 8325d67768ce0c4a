"""How a run ended, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from burnish_training.nightly.dataset import Figures
from burnish_training.nightly.settings import DataSettings

__all__ = ["data_figures", "empty_report", "needed", "nothing_new", "print_report"]

#: Decisions that are no fault of anybody's: the command's exit status is 0.
WELL = ("promoted", "not-enough-data", "nothing-new", "no-consent")

_TITLES = {
    "promoted": "[bold green]Promoted[/]",
    "refused": "[bold yellow]Refused[/]",
    "not-enough-data": "[bold]Not enough yet[/]",
    "nothing-new": "[bold]Nothing new[/]",
    "no-consent": "[bold]Switched off[/]",
    "stopped": "[bold yellow]Stopped[/]",
    "failed": "[bold red]Failed[/]",
}


def empty_report(run: str, started: str) -> dict[str, Any]:
    """A report in which nothing has happened yet; every key is there."""
    return {
        "run": run,
        "started": started,
        "ended": None,
        "decision": "failed",
        "reason": "",
        "adapter": None,
        "adapter_name": None,
        "base": None,
        "incumbent": None,
        "data": None,
        "training": None,
        "gate": None,
        "resumable": False,
    }


def nothing_new(judged: Mapping[str, Any]) -> str:
    """Why a night with the examples of an earlier one, whose report this is, does not train."""
    return (
        f"There is nothing new to learn from since the night of {str(judged['started'])[:10]}, whose adapter was "
        f"{judged['decision']}. To train on the same once more: burnish nightly run --fresh"
    )


def needed(settings: DataSettings) -> dict[str, int]:
    """What there must be for a night to be worth it."""
    return {
        "judged": settings.least_judged,
        "desirable": settings.least_of_a_kind,
        "undesirable": settings.least_of_a_kind,
        "held_out": settings.least_cases,
        "held_out_files": settings.least_held_out_files,
    }


def data_figures(
    figures: Figures, since: datetime, until: datetime, settings: DataSettings
) -> dict[str, Any]:
    """The report's ``data``."""
    return {
        "from": since.isoformat(timespec="seconds"),
        "to": until.isoformat(timespec="seconds"),
        "suggestions": figures.suggestions,
        "desirable": figures.desirable,
        "undesirable": figures.undesirable,
        "dropped": dict(figures.dropped),
        "supervised": figures.supervised,
        "replay": figures.replay,
        "general": figures.general,
        "train_examples": figures.train_examples,
        "held_out": figures.held_out,
        "files": figures.files,
        "held_out_files": figures.held_out_files,
        "needed": needed(settings),
    }


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """The report as a person reads it."""
    title = _TITLES.get(str(report["decision"]), str(report["decision"]))
    reason = str(report["reason"]).partition(": ")
    # Most reasons begin with the decision itself.
    said = reason[2] if reason[0].lower() == str(report["decision"]) else report["reason"]
    console.print(f"{title}: {escape(str(said))}", highlight=False, soft_wrap=True)
    data, training, gate = report.get("data"), report.get("training"), report.get("gate")
    if data and training:
        console.print(
            f"Learned from {data['desirable']} kept and {data['undesirable']} rejected suggestions, {data['supervised']} texts "
            f"written instead and {data['replay']} pieces of your files; judged on {data['held_out']} lines.",
            highlight=False,
            soft_wrap=True,
        )
    if training:
        console.print(
            f"Trained {training['steps']} steps, {training['tokens']:,} tokens, {training['seconds']:.0f} s on {training['device']} "
            f"({training['precision']}).",
            highlight=False,
            soft_wrap=True,
        )
    if gate:
        console.print(_table(gate))


def _table(gate: Mapping[str, Any]) -> Table:
    table = Table(title=f"On {gate['cases']} lines that it never saw")
    with_incumbent = any(metric["incumbent"] is not None for metric in gate["metrics"])
    table.add_column("")
    table.add_column("base", justify="right")
    if with_incumbent:
        table.add_column("today", justify="right")
    table.add_column("new", justify="right")
    table.add_column("difference (95 %)", justify="right")
    table.add_column("")
    for metric in gate["metrics"]:
        unit = metric["unit"]
        shown = [_value(metric["base"], unit)]
        if with_incumbent:
            shown.append(_value(metric["incumbent"], unit))
        interval = (
            f"{_value(metric['ci_low'], unit, sign=True)} to {_value(metric['ci_high'], unit, sign=True)}"
        )
        table.add_row(metric["title"], *shown, _value(metric["candidate"], unit), interval, metric["verdict"])
    return table


def _value(value: float | None, unit: str, *, sign: bool = False) -> str:
    if value is None:
        return ""
    plus = "+" if sign else ""
    if unit == "share":
        return f"{value:{plus}.1%}"
    return f"{value:{plus}.3f}" if unit == "bits per byte" else f"{value:{plus}.1f}"
