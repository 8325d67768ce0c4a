"""Subcommands found through entry points, imported only when they are needed."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

from burnish_cli.errors import BrokenCommandError

__all__ = ["GROUP", "LazyGroup"]

#: Each package of the distribution (or another one) registers its commands here.
GROUP = "burnish.commands"


class LazyGroup(click.Group):
    """A click group whose subcommands are the entry points of :data:`GROUP`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all registered commands; imports nothing."""
        return sorted({*super().list_commands(ctx), *(point.name for point in _points())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command.

        Raises:
            BrokenCommandError: it is registered but cannot be loaded; the message names the package and why.
        """
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        point = next((point for point in _points() if point.name == cmd_name), None)
        return None if point is None else _load(point)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with one line each; a broken one says so instead of hiding the others."""
        rows = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
            except BrokenCommandError as error:
                rows.append((name, str(error)))
                continue
            if command is not None and not command.hidden:
                rows.append((name, command.get_short_help_str(limit=80)))
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def _load(point: EntryPoint) -> click.Command:
    try:
        command = point.load()
    except Exception as error:
        owner = f" of {point.dist.name}" if point.dist is not None else ""
        raise BrokenCommandError(
            f"The command {point.name!r}{owner} cannot be loaded ({type(error).__name__}: {error}). "
            "Install that package again, or see what is missing with: burnish doctor"
        ) from error
    if not isinstance(command, click.Command):
        raise BrokenCommandError(f"The command {point.name!r} ({point.value}) is not a click command.")
    return command
