"""What the commands of this package share."""

from __future__ import annotations

import json
from pathlib import Path

import click

__all__ = ["emit", "home_folder", "json_option", "yes_option"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def home_folder() -> Path:
    """The home folder that the root command put into the context."""
    settings = click.get_current_context().find_object(dict)
    home = None if settings is None else settings.get("home")
    if not isinstance(home, Path):
        raise click.UsageError("No home folder is known. Run this as: burnish telemetry ...")
    return home


def emit(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, indent=2))
