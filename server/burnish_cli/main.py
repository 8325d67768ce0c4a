"""The root command ``burnish``. Subcommands come from other packages; nothing of them is imported here."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from platformdirs import user_data_path

from burnish_cli.errors import is_expected
from burnish_cli.logs import set_up_logging
from burnish_cli.plugins import LazyGroup

__all__ = ["main", "root", "run"]

log = logging.getLogger(__name__)

OK, REFUSED, USAGE = 0, 1, 2


def _version() -> str:
    try:
        return version("burnish")
    except PackageNotFoundError:
        return "0+unknown"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), "-V", "--version", prog_name="burnish")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BURNISH_HOME",
    default=lambda: user_data_path("burnish", appauthor=False),
    show_default="the user's data folder",
    help="Where models, adapters, logs and records live. [env: BURNISH_HOME]",
)
@click.option("-v", "--verbose", count=True, help="Say more on stderr; twice for everything.")
@click.pass_context
def root(context: click.Context, home: Path, verbose: int) -> None:
    """Burnish: a coding companion for Python that runs on your own machine."""
    context.obj = {"home": home.expanduser().absolute(), "verbose": verbose}
    set_up_logging(context.obj["home"], context.invoked_subcommand or "burnish", verbose=verbose)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit status: 0 well, 1 refused or with findings, 2 wrong usage.

    Every expected error becomes one message: a line on stderr, and ``{"error": …}`` on stdout where
    ``--json`` was asked for. Anything else is a bug and shows its traceback.
    """
    as_json = "--json" in arguments
    try:
        result = root.main(args=list(arguments), prog_name="burnish", standalone_mode=False)
    except click.Abort:
        return _fail("Interrupted.", REFUSED, as_json=as_json)
    except click.UsageError as error:
        if error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        return _fail(error.format_message(), USAGE, as_json=as_json)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code, as_json=as_json)
    except Exception as error:
        if not is_expected(error):
            log.critical("Unexpected: %s", error, exc_info=True)
            raise
        log.info("Refused: %s", error)
        return _fail(str(error), REFUSED, as_json=as_json)
    return result if isinstance(result, int) else OK


def _fail(message: str, status: int, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"error": message}, ensure_ascii=False))
    click.echo(f"Error: {message}", err=True)
    return status


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))
