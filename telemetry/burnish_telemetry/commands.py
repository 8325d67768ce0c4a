"""The ``burnish telemetry`` commands: status, on, off, stats, export and purge."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from burnish_telemetry.command_parts import emit, home_folder, json_option, yes_option
from burnish_telemetry.consent import Consent, ConsentFile
from burnish_telemetry.disclosure import SWITCHES, Switch, disclosure
from burnish_telemetry.errors import ConsentError
from burnish_telemetry.export import FORMATS, Format, export_lines, write_export
from burnish_telemetry.overview import status_document
from burnish_telemetry.purge_command import purge
from burnish_telemetry.statistics import Statistics, statistics_of
from burnish_telemetry.store import Store, store_file

__all__ = ["telemetry"]

_THROUGH = "burnish telemetry on"
_switches = click.argument("switches", nargs=-1, type=click.Choice(SWITCHES), metavar="[record] [train]")


@click.group()
def telemetry() -> None:
    """Decide what Burnish records of your work with it; see, export and erase it. It never leaves this machine."""


@telemetry.command()
@json_option
def status(as_json: bool) -> None:
    """Show what is recorded, where and for how long."""
    document = status_document(home_folder())
    if as_json:
        emit(document)
        return
    for switch in SWITCHES:
        state = document[switch]
        word = "on" if state["on"] else "off"
        if state["outdated"]:
            word = "off until you agree to its new text: burnish telemetry on " + switch
        click.echo(
            f"{switch + ':':<11}{word}"
            + (f"  (since {state['at']}, {state['through']})" if state["on"] else "")
        )
    if document["problem"]:
        click.echo(f"problem:   {document['problem']}")
    click.echo(
        f"file:      {document['file']}"
        + ("" if document["exists"] else "  (not there: nothing was recorded)")
    )
    if document["exists"]:
        click.echo(f"size:      {document['bytes']:,} bytes, {document['events']} events")
    click.echo(f"kept:      {document['retention_days']} days")
    for name in ("excluded_folders", "excluded_globs", "damaged_files"):
        for value in document[name]:
            click.echo(f"{name.replace('_', ' ')}: {value}")


@telemetry.command("on")
@_switches
@click.option(
    "--exclude-folder",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Never record below it.",
)
@click.option(
    "--exclude-glob", "globs", multiple=True, help="Never record files like this, as in .gitignore."
)
@click.option("--retention-days", type=click.IntRange(1, 3650), help="How long records are kept.")
@yes_option
@json_option
@click.pass_context
def turn_on(
    context: click.Context,
    switches: tuple[Switch, ...],
    folders: tuple[Path, ...],
    globs: tuple[str, ...],
    retention_days: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Turn recording or learning on, after showing what that means; without a name it asks for both in turn."""
    home = home_folder()
    file = ConsentFile(home)
    if folders or globs or retention_days is not None:
        _configure(file, folders, globs, retention_days)
    declined = []
    for switch in switches or SWITCHES:
        try:
            days = file.read().retention_days
        except ConsentError:
            days = Consent().retention_days
        click.echo(disclosure(switch, home, days).as_text(), err=as_json)
        click.echo(err=as_json)
        if yes or click.confirm("Do you agree?", default=False, err=as_json):
            file.agree(switch, through=_THROUGH)
        else:
            declined.append(switch)
    if as_json:
        emit({**status_document(home), "declined": declined})
    else:
        for switch in switches or SWITCHES:
            click.echo(f"{switch}: {'unchanged' if switch in declined else 'on'}")
    context.exit(1 if declined else 0)


def _configure(
    file: ConsentFile, folders: tuple[Path, ...], globs: tuple[str, ...], days: int | None
) -> None:
    try:
        before = file.read()
    except ConsentError:
        before = Consent()
    every_folder = (*before.excluded_folders, *(str(folder.expanduser().absolute()) for folder in folders))
    file.configure(
        excluded_folders=tuple(dict.fromkeys(every_folder)),
        excluded_globs=tuple(dict.fromkeys((*before.excluded_globs, *globs))),
        retention_days=days,
    )


@telemetry.command("off")
@_switches
@json_option
def turn_off(switches: tuple[Switch, ...], as_json: bool) -> None:
    """Turn recording, learning or both off, at once and for every window. What was recorded stays until it is purged."""
    home = home_folder()
    for switch in switches or SWITCHES:
        ConsentFile(home).withdraw(switch, through="burnish telemetry off")
    if as_json:
        emit(status_document(home))
        return
    for switch in switches or SWITCHES:
        click.echo(f"{switch}: off")
    if store_file(home).exists():
        click.echo("What was recorded is still there; 'burnish telemetry purge' erases it.")


@telemetry.command()
@json_option
def stats(as_json: bool) -> None:
    """Count what was shown, taken and kept, per day and adapter."""
    home = home_folder()
    found, adapters = Statistics((), {}), []
    if store_file(home).exists():
        with Store(store_file(home)) as store:
            found = statistics_of(store.suggestions())
            adapters = [{**asdict(origin), "time": origin.time.isoformat()} for origin in store.adapters()]
    if as_json:
        emit({**found.as_json(), "adapters": adapters})
        return
    if not found.days:
        click.echo("Nothing was recorded.")
    for day in found.days:
        click.echo(
            f"{day.day}  {day.sort:<10}  {day.adapter or 'base model':<20}  shown {day.shown}, accepted {day.accepted}, "
            f"typed through {day.typed_through}, kept {day.kept}, rejected {day.rejected}, held back {day.held_back}"
        )
    for verdict, reasons in found.labels.items():
        click.echo(f"{verdict}: " + ", ".join(f"{count} {reason}" for reason, count in reasons.items()))
    for adapter in adapters:
        click.echo(
            f"adapter {adapter['adapter']} learned from {adapter['events']} events, {adapter['erased']} erased since"
        )


@telemetry.command()
@click.option("--format", "form", type=click.Choice(FORMATS), default="events", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file; without it, stdout.")
@json_option
def export(form: Format, output: Path | None, as_json: bool) -> None:
    """Write the record as JSON lines: all events, or the examples that a trainer reads."""
    if as_json and output is None:
        raise click.UsageError("With --json, name a file by --output: the export itself is many documents.")
    file = store_file(home_folder())
    rows = 0
    if file.exists():
        with Store(file) as store:
            lines = export_lines(store, form)
            if output is not None:
                rows = write_export(lines, output)
            else:
                for line in lines:
                    click.echo(line)
    elif output is not None:
        write_export((), output)
    if as_json:
        emit({"path": str(output), "format": form, "rows": rows})
    elif output is not None:
        click.echo(f"{rows} rows written to {output}")


telemetry.add_command(purge)
