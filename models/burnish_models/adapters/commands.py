"""The ``burnish adapters`` commands: list, show, promote, rollback and forget."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from burnish_models.adapters.errors import TransitionError
from burnish_models.adapters.records import AdapterRecord, State
from burnish_models.adapters.registry import Registry
from burnish_models.adapters.removal import remove_adapters
from burnish_models.memory import readable_bytes

__all__ = ["adapters"]

_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")


def _home() -> Path:
    settings = click.get_current_context().find_object(dict)
    home = None if settings is None else settings.get("home")
    if not isinstance(home, Path):
        raise click.UsageError("No home folder is known. Run this as: burnish adapters ...")
    return home


def _registry() -> Registry:
    return Registry(_home())


def _emit(document: object) -> None:
    click.echo(json.dumps(document, indent=2))


@click.group()
def adapters() -> None:
    """See what Burnish learned, choose what is served, and go back."""


@adapters.command("list")
@_json_option
def list_command(as_json: bool) -> None:
    """List the adapters, the newest first."""
    records = _registry().records()
    if as_json:
        _emit({"adapters": [record.as_dict() for record in records]})
    elif records:
        Console().print(_table(records))
    else:
        click.echo("There is no adapter yet. The first one comes from: burnish nightly run")


@adapters.command("show")
@click.argument("adapter")
@_json_option
def show_command(adapter: str, as_json: bool) -> None:
    """Show ADAPTER (an id, the beginning of one, or a name): what it came from and what became of it."""
    registry = _registry()
    record = registry.find(adapter)
    history = registry.history(record.id)
    if as_json:
        _emit({**record.as_dict(), "history": [entry.as_dict() for entry in history]})
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in record.as_dict().items():
        if key != "report" and value not in (None, ""):
            table.add_row(key.replace("_", " "), readable_bytes(value) if key == "size_bytes" else str(value))
    for key, value in record.report.items():
        table.add_row(f"gate: {key}", str(value))
    for entry in history:
        table.add_row(entry.at, f"{entry.after}: {entry.reason}")
    Console().print(table)


@adapters.command("promote")
@click.argument("adapter")
@click.option("--force", is_flag=True, help="Also an adapter that has not passed the gate.")
@click.option(
    "--reason", default="promoted by hand", show_default=True, help="Kept in the adapter's history."
)
@_json_option
def promote_command(adapter: str, force: bool, reason: str, as_json: bool) -> None:
    """Serve ADAPTER from now on."""
    record = _registry().promote(adapter, reason, ungated=force)
    if as_json:
        _emit(record.as_dict())
    else:
        click.echo(f"{record.name} ({record.id[:12]}) is served with {record.base_name} from now on.")


@adapters.command("rollback")
@click.option(
    "--base", help="SHA-256, or its beginning, of the model file; needed when several have an adapter."
)
@click.option(
    "--reason", default="rolled back by hand", show_default=True, help="Kept in the adapter's history."
)
@_json_option
def rollback_command(base: str | None, reason: str, as_json: bool) -> None:
    """Stop serving the active adapter and go back to the one before it, or to the model alone."""
    registry = _registry()
    active = _active(registry, base)
    now = registry.rollback(active.base_sha256, reason)
    if as_json:
        _emit({"rolled_back": active.id, "active": None if now is None else now.as_dict()})
    else:
        served = f"with {now.name} ({now.id[:12]})" if now else "without an adapter"
        click.echo(f"{active.name} was rolled back; {active.base_name} is served {served} from now on.")


@adapters.command("forget")
@click.argument("adapters", nargs=-1, required=True)
@click.option("--reason", default="removed by hand", show_default=True, help="Kept in the adapter's history.")
@click.option("--missing-ok", is_flag=True, help="Pass over what no adapter is called.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--quiet", is_flag=True, help="Say nothing.")
@_json_option
@click.pass_context
def forget_command(
    context: click.Context,
    adapters: tuple[str, ...],
    reason: str,
    missing_ok: bool,
    yes: bool,
    quiet: bool,
    as_json: bool,
) -> list[str]:
    """Remove ADAPTERS (ids, beginnings of ids, or names) for good; one that is served is rolled back first."""
    if not missing_ok:
        adapters = tuple(_registry().find(adapter).id for adapter in adapters)
    if not yes and not click.confirm(f"Remove {', '.join(adapters)}?", default=False, err=as_json):
        if as_json:
            _emit({"removed": [], "declined": True})
        else:
            click.echo("Nothing was removed.")
        context.exit(1)
    removed = remove_adapters(_home(), adapters, reason)
    if as_json:
        _emit({"removed": [record.as_dict() for record in removed]})
    elif not quiet:
        for record in removed:
            click.echo(f"The adapter {record.name} ({record.id[:12]}) was removed.")
        if not removed:
            click.echo("Nothing was there to remove.")
    return [record.id for record in removed]


def _active(registry: Registry, base: str | None) -> AdapterRecord:
    """The one active adapter, of the base model asked for where one was."""
    found = [
        record
        for record in registry.records()
        if record.state is State.ACTIVE and record.base_sha256.startswith(base or "")
    ]
    if not found:
        raise TransitionError("No adapter is active: the model is served alone already.")
    if len(found) > 1:
        bases = ", ".join(f"{record.base_name} ({record.base_sha256[:12]})" for record in found)
        raise click.UsageError(f"Several models have an active adapter: {bases}. Choose one with --base.")
    return found[0]


def _table(records: list[AdapterRecord]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "id", "name", "state", "trained", "model", "events", "size"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("id", "state", "size"))
    for record in records:
        table.add_row(
            "→" if record.state is State.ACTIVE else "",
            record.id[:12],
            record.name,
            str(record.state),
            record.created[:16].replace("T", " "),
            record.base_name,
            str(record.event_count),
            "erased" if record.path is None else readable_bytes(record.size_bytes),
        )
    return table
