"""Errors of the command line.

::

    CliError                base of everything raised on purpose here
    └── BrokenCommandError  a subcommand is installed but cannot be loaded

Errors of other packages need no wrapping: an exception class defined in any package's ``errors`` module is
expected, and its message is written for the user.
"""

from __future__ import annotations

__all__ = ["BrokenCommandError", "CliError", "is_expected"]


class CliError(Exception):
    """Base of every error this package raises on purpose."""


class BrokenCommandError(CliError):
    """A subcommand is registered but its module or object cannot be loaded."""


def is_expected(error: BaseException) -> bool:
    """Whether an exception is one that a Burnish package raises on purpose, with a message for the user."""
    for kind in type(error).__mro__:
        package, _, module = kind.__module__.partition(".")
        if package.startswith("burnish_") and module.endswith("errors"):
            return True
    return False
