"""``burnish telemetry purge``: erase the record or a part of it, and the adapters that learned from it if wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from burnish_telemetry.command_parts import emit, home_folder, json_option, yes_option
from burnish_telemetry.database import damaged_files
from burnish_telemetry.erasure import Erased, Selection
from burnish_telemetry.exclusions import location_of
from burnish_telemetry.store import Store, store_file

__all__ = ["purge"]


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Only what holds code from this folder or file."
)
@click.option("--since", type=click.DateTime(), help="Only from this time on (UTC).")
@click.option("--until", type=click.DateTime(), help="Only before this time (UTC).")
@click.option(
    "--older-than", type=click.IntRange(0), metavar="DAYS", help="Only what is older than so many days."
)
@click.option(
    "--adapters", "with_adapters", is_flag=True, help="Remove the adapters that learned from it too."
)
@yes_option
@json_option
@click.pass_context
def purge(
    context: click.Context,
    folder: Path | None,
    since: datetime | None,
    until: datetime | None,
    older_than: int | None,
    with_adapters: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase the record, or a part of it, for good, and name (or remove) the adapters that learned from it."""
    if older_than is not None and until is not None:
        raise click.UsageError("Give --until or --older-than, not both.")
    if older_than is not None:
        until = datetime.now(UTC) - timedelta(days=older_than)
    selection = Selection(None if folder is None else folder.expanduser(), _utc(since), _utc(until))
    file = store_file(home_folder())
    if not file.exists() and not damaged_files(file):
        _report_purge(Erased((), (), True), as_json)
        return
    with Store(file) as store:
        events, adapters = store.would_erase(selection)
        if not yes and not click.confirm(
            _question(file, selection, len(events), adapters), default=False, err=as_json
        ):
            if as_json:
                emit({"erased": 0, "declined": True})
            else:
                click.echo("Nothing was erased.")
            context.exit(1)
        # Adapters first: whoever interrupts this finds the events, and with them the adapters' names, again.
        removed = _remove_adapters(context, adapters) if with_adapters else None
        erased = store.erase(selection)
        for adapter in erased.adapters if with_adapters else ():
            store.forget_adapter(adapter)
    _report_purge(erased, as_json, removed)
    context.exit(0 if erased.log_emptied else 1)


def _remove_adapters(context: click.Context, adapters: list[str]) -> list[str]:
    """Remove adapters by the command that owns them, which stands beside this one; the ids of those that were there."""
    root = context.find_root()
    group = root.command.get_command(root, "adapters") if isinstance(root.command, click.Group) else None
    forget = group.get_command(context, "forget") if isinstance(group, click.Group) else None
    if forget is None:
        raise click.UsageError("Run this as: burnish telemetry purge --adapters")
    if not adapters:
        return []
    options = {"reason": "what it learned from was erased", "missing_ok": True, "yes": True, "quiet": True}
    removed: list[str] = context.invoke(forget, adapters=tuple(adapters), **options)
    return removed


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


def _report_purge(erased: Erased, as_json: bool, removed: list[str] | None = None) -> None:
    if as_json:
        emit(
            {
                "erased": len(erased.events),
                "events": list(erased.events),
                "adapters": list(erased.adapters),
                "removed_adapters": removed or [],
                "files": [str(path) for path in erased.files],
                "log_emptied": erased.log_emptied,
            }
        )
        return
    click.echo(f"{len(erased.events)} events erased.")
    if removed is not None:
        click.echo(f"Adapters removed that learned from them: {', '.join(removed) or 'none'}")
    elif erased.adapters:
        click.echo(
            f"These adapters learned from some of them: {', '.join(erased.adapters)}\n"
            f"To remove them: burnish adapters forget --missing-ok {' '.join(erased.adapters)}"
        )
    if not erased.log_emptied:
        click.echo(
            "Another process is reading the record, so parts may remain in its log. Close it (an editor window, a nightly run) "
            "and run this again.",
            err=True,
        )
