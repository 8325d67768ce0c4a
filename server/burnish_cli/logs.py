"""Logging: warnings for the user on stderr, everything else in a rotating file below the home folder."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

__all__ = ["set_up_logging"]

_FORMAT = "%(asctime)s %(process)d %(levelname)-7s %(name)s: %(message)s"
_FILE_BYTES = 1_000_000
_FILES_KEPT = 3
#: Libraries that tell too much at INFO; pygls would log every message with its whole text.
_QUIET = ("pygls", "asyncio", "filelock", "httpx", "httpx2", "httpcore2", "urllib3")


def set_up_logging(home: Path, command: str, *, verbose: int = 0) -> None:
    """Send records to ``home/logs/<command>.log`` and, from WARNING (or as ``verbose`` says), to stderr.

    A folder that cannot be written to costs the file, not the command: a line on stderr says so.
    """
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    screen = _screen_handler()
    screen.setLevel([logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)])
    root.addHandler(screen)
    logs = home / "logs"
    try:
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = RotatingFileHandler(
            logs / f"{command}.log", maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8"
        )
    except OSError as error:
        root.warning("No log file: %s cannot be written (%s).", logs, error.strerror or error)
        return
    file.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(file)


def _screen_handler() -> logging.Handler:
    if not sys.stderr.isatty():
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        return handler
    from rich.console import Console
    from rich.logging import RichHandler

    return RichHandler(console=Console(stderr=True), show_path=False, rich_tracebacks=True)
