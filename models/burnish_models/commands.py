"""The ``burnish models`` commands: list, pull, use and info."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from burnish_models.catalog import CONTEXT_TOKENS, CatalogEntry, entries, find_entry, recommended_entry
from burnish_models.command_output import (
    catalogue_document,
    document_table,
    entry_row,
    file_document,
    local_row,
    models_table,
    pull_document,
)
from burnish_models.download import PullProgress, PullResult, pull
from burnish_models.errors import DownloadCancelledError, ModelsError
from burnish_models.hardware import describe_hardware
from burnish_models.selection import (
    ResolvedModel,
    installed_path,
    local_models,
    looks_like_path,
    resolve_model,
    select_model,
)

__all__ = ["models"]

P = ParamSpec("P")
_VERIFIED = {
    "catalogue": "its checksum is the catalogue's",
    "hub": "its checksum is the hub's",
    "first-use": "no checksum is on record anywhere, so the one seen now was written down for later",
    "bundled": "it comes with Burnish",
}


def _home() -> Path:
    """The home folder that the root command put into the context."""
    settings = click.get_current_context().find_object(dict)
    home = None if settings is None else settings.get("home")
    if not isinstance(home, Path):
        raise click.UsageError("No home folder is known. Run this as: burnish models ...")
    return home


def _emit(document: object) -> None:
    click.echo(json.dumps(document, indent=2))


def _reports_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn this package's errors into a message on stderr (and JSON on stdout) with exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ModelsError as error:
            if kwargs.get("as_json"):
                _emit({"error": {"type": type(error).__name__, "message": str(error)}})
            click.echo(f"Error: {error}", err=True)
            click.get_current_context().exit(1)

    return wrapped


_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")


@click.group()
def models() -> None:
    """See, fetch and choose the models that write your completions."""


@models.command("list")
@_json_option
@_reports_errors
def list_command(as_json: bool) -> None:
    """List the models there are and which suit this machine."""
    home = _home()
    hardware = describe_hardware()
    selected, note = _selected(home)
    best = recommended_entry(hardware)
    rows = [entry_row(home, entry, hardware, selected, best) for entry in entries()]
    rows += [local_row(path, selected) for path in local_models(home)]
    if selected is not None and not any(row["selected"] for row in rows):
        rows.append(local_row(selected.path, selected))
    if as_json:
        _emit(
            {
                "selected": selected and selected.name,
                "note": note,
                "hardware": hardware.as_dict(),
                "models": rows,
            }
        )
        return
    Console().print(models_table(rows))
    if note:
        click.echo(note, err=True)


@models.command("pull")
@click.argument("name")
@click.option("--use", is_flag=True, help="Select the model once it is there.")
@_json_option
@_reports_errors
def pull_command(name: str, use: bool, as_json: bool) -> None:
    """Fetch the model NAME; goes on where an earlier pull stopped."""
    home = _home()
    entry = find_entry(name)
    if entry.licence_note:
        click.echo(f"Note: {entry.licence_note} See {entry.homepage}", err=True)
    result = _pull_visibly(entry, home)
    if use:
        select_model(home, entry.name)
    if as_json:
        _emit(pull_document(result, selected=use))
        return
    click.echo(
        f"{entry.title} is at {result.path} ({_VERIFIED[result.verified_by]}; sha256 {result.sha256})."
    )
    if not use:
        click.echo(f"Use it with: burnish models use {entry.name}")


@models.command("use")
@click.argument("model")
@_json_option
@_reports_errors
def use_command(model: str, as_json: bool) -> None:
    """Serve MODEL from now on: a name from the list, or the path of a GGUF file."""
    resolved = select_model(_home(), model)
    if as_json:
        _emit(
            {
                "name": resolved.name,
                "title": resolved.title,
                "path": str(resolved.path),
                "sha256": resolved.sha256,
            }
        )
        return
    click.echo(
        f"{resolved.title} is used from now on ({resolved.path}). Restart the editor's engine to load it."
    )


@models.command("info")
@click.argument("model", required=False)
@click.option("--context", default=CONTEXT_TOKENS, show_default=True, type=click.IntRange(64, 1 << 20))
@_json_option
@_reports_errors
def info_command(model: str | None, context: int, as_json: bool) -> None:
    """Show what MODEL is: a name from the list or the path of a GGUF file; without one, the model in use."""
    from burnish_models.gguf_file import inspect

    home = _home()
    if model is not None and not looks_like_path(model):
        entry = find_entry(model)
        if installed_path(home, entry) is None:
            _show(catalogue_document(entry, context), as_json)
            return
    resolved = resolve_model(home, model)
    _show(file_document(resolved, inspect(resolved.path), context), as_json)


def _pull_visibly(entry: CatalogEntry, home: Path) -> PullResult:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, TaskID] = {}

        def show(progress: PullProgress) -> None:
            if progress.phase not in tasks:
                tasks[progress.phase] = bar.add_task(f"{progress.phase} {entry.title}", total=progress.total)
            bar.update(tasks[progress.phase], completed=progress.done)

        try:
            return pull(entry, home, show)
        except KeyboardInterrupt:
            raise DownloadCancelledError(
                f"Fetching {entry.title} was stopped. What was fetched is kept; pull again to go on."
            ) from None


def _selected(home: Path) -> tuple[ResolvedModel | None, str]:
    """The model in use and the note that belongs to it; a listing works without any."""
    try:
        resolved = resolve_model(home)
    except ModelsError as error:
        return None, str(error)
    return resolved, resolved.note


def _show(document: dict[str, object], as_json: bool) -> None:
    if as_json:
        _emit(document)
    else:
        Console().print(document_table(document))
