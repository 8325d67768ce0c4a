"""The ``burnish telemetry`` commands: status, on, off, stats, export and purge."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from burnish_telemetry.consent import Consent, ConsentFile
from burnish_telemetry.database import damaged_files
from burnish_telemetry.disclosure import SWITCHES, Switch, disclosure
from burnish_telemetry.erasure import Erased, Selection
from burnish_telemetry.errors import ConsentError
from burnish_telemetry.exclusions import location_of
from burnish_telemetry.export import FORMATS, Format, export_lines, write_export
from burnish_telemetry.overview import status_document
from burnish_telemetry.statistics import Statistics, statistics_of
from burnish_telemetry.store import Store, store_file

__all__ = ["telemetry"]

_THROUGH = "burnish telemetry on"
_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
_yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
_switches = click.argument("switches", nargs=-1, type=click.Choice(SWITCHES), metavar="[record] [train]")


def _home() -> Path:
    """The home folder that the root command put into the context."""
    settings = click.get_current_context().find_object(dict)
    home = None if settings is None else settings.get("home")
    if not isinstance(home, Path):
        raise click.UsageError("No home folder is known. Run this as: burnish telemetry ...")
    return home


def _emit(document: object) -> None:
    click.echo(json.dumps(document, indent=2))


@click.group()
def telemetry() -> None:
    """Decide what Burnish records of your work with it; see, export and erase it. It never leaves this machine."""


@telemetry.command()
@_json_option
def status(as_json: bool) -> None:
    """Show what is recorded, where and for how long."""
    document = status_document(_home())
    if as_json:
        _emit(document)
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
@_yes_option
@_json_option
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
    home = _home()
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
        _emit({**status_document(home), "declined": declined})
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
@_json_option
def turn_off(switches: tuple[Switch, ...], as_json: bool) -> None:
    """Turn recording, learning or both off, at once and for every window. What was recorded stays until it is purged."""
    home = _home()
    for switch in switches or SWITCHES:
        ConsentFile(home).withdraw(switch, through="burnish telemetry off")
    if as_json:
        _emit(status_document(home))
        return
    for switch in switches or SWITCHES:
        click.echo(f"{switch}: off")
    if store_file(home).exists():
        click.echo("What was recorded is still there; 'burnish telemetry purge' erases it.")


@telemetry.command()
@_json_option
def stats(as_json: bool) -> None:
    """Count what was shown, taken and kept, per day and adapter."""
    home = _home()
    found, adapters = Statistics((), {}), []
    if store_file(home).exists():
        with Store(store_file(home)) as store:
            found = statistics_of(store.suggestions())
            adapters = [{**asdict(origin), "time": origin.time.isoformat()} for origin in store.adapters()]
    if as_json:
        _emit({**found.as_json(), "adapters": adapters})
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
@_json_option
def export(form: Format, output: Path | None, as_json: bool) -> None:
    """Write the record as JSON lines: all events, or the examples that a trainer reads."""
    if as_json and output is None:
        raise click.UsageError("With --json, name a file by --output: the export itself is many documents.")
    file = store_file(_home())
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
        _emit({"path": str(output), "format": form, "rows": rows})
    elif output is not None:
        click.echo(f"{rows} rows written to {output}")


@telemetry.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Only what holds code from this folder or file."
)
@click.option("--since", type=click.DateTime(), help="Only from this time on (UTC).")
@click.option("--until", type=click.DateTime(), help="Only before this time (UTC).")
@click.option(
    "--older-than", type=click.IntRange(0), metavar="DAYS", help="Only what is older than so many days."
)
@_yes_option
@_json_option
@click.pass_context
def purge(
    context: click.Context,
    folder: Path | None,
    since: datetime | None,
    until: datetime | None,
    older_than: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase the record, or a part of it, for good, and name the adapters that learned from it."""
    if older_than is not None and until is not None:
        raise click.UsageError("Give --until or --older-than, not both.")
    if older_than is not None:
        until = datetime.now(UTC) - timedelta(days=older_than)
    selection = Selection(None if folder is None else folder.expanduser(), _utc(since), _utc(until))
    file = store_file(_home())
    if not file.exists() and not damaged_files(file):
        _report_purge(Erased((), (), True), as_json)
        return
    with Store(file) as store:
        count, adapters = store.would_erase(selection)
        if not yes and not click.confirm(
            _question(file, selection, count, adapters), default=False, err=as_json
        ):
            if as_json:
                _emit({"erased": 0, "declined": True})
            else:
                click.echo("Nothing was erased.")
            context.exit(1)
        erased = store.erase(selection)
    _report_purge(erased, as_json)
    context.exit(0 if erased.log_emptied else 1)


def _utc(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=UTC)


def _question(file: Path, selection: Selection, count: int, adapters: list[str]) -> str:
    what = "everything that was recorded" if selection.everything else "this part of the record"
    if selection.folder is not None:
        what += f" (folder {location_of('', str(selection.folder.absolute()))})"
    learned = f" Adapters that learned from it: {', '.join(adapters)}." if adapters else ""
    damaged = damaged_files(file) if selection.everything else []
    also = f" and {len(damaged)} files put aside as damaged" if damaged else ""
    return f"Erase {what}: {count} events{also}?{learned}"


def _report_purge(erased: Erased, as_json: bool) -> None:
    if as_json:
        _emit(
            {
                "erased": len(erased.events),
                "events": list(erased.events),
                "adapters": list(erased.adapters),
                "files": [str(path) for path in erased.files],
                "log_emptied": erased.log_emptied,
            }
        )
        return
    click.echo(f"{len(erased.events)} events erased.")
    if erased.adapters:
        click.echo(
            f"These adapters learned from some of them and are still there: {', '.join(erased.adapters)}"
        )
    if not erased.log_emptied:
        click.echo(
            "Another process is reading the record, so parts may remain in its log. Close it (an editor window, a nightly run) "
            "and run this again.",
            err=True,
        )
