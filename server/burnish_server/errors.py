"""Errors of the language server package.

::

    ServerError                 base of everything raised on purpose here
    ├── DocumentError           a file cannot be read as text, or a position lies outside it
    ├── ServerUnreachableError  a running server was named but does not answer
    ├── ServerStartError        the server could not start (port in use, no permission)
    └── TrainingError           a training could not be started

Every message says what failed, why, and what to do.
"""

from __future__ import annotations

__all__ = ["DocumentError", "ServerError", "ServerStartError", "ServerUnreachableError", "TrainingError"]


class ServerError(Exception):
    """Base of every error this package raises on purpose."""


class DocumentError(ServerError):
    """A file cannot be read as text, or the position asked for lies outside it."""


class ServerUnreachableError(ServerError):
    """No Burnish server answers at the address given."""


class ServerStartError(ServerError):
    """The server could not start listening."""


class TrainingError(ServerError):
    """A training could not be started, or ended before it had begun."""
