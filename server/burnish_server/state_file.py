"""``server.json`` in the home folder: where a running TCP server listens, so that commands find it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

__all__ = ["ServerAddress", "forget_server", "read_server", "write_server"]


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A server: its process, when that was created (seconds since the epoch), and where it listens."""

    host: str
    port: int
    pid: int
    created: float


def _path(home: Path) -> Path:
    return home / "server.json"


def write_server(home: Path, host: str, port: int) -> ServerAddress:
    """Record this process as the running server. The file is readable by its owner only.

    Raises:
        OSError: the folder cannot be written to.
    """
    address = ServerAddress(host, port, os.getpid(), psutil.Process().create_time())
    home.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".server.", dir=home)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(address), file)
        Path(temporary).replace(_path(home))
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return address


def read_server(home: Path) -> ServerAddress | None:
    """The server on record, if its process still lives; a stale or damaged record counts as none."""
    try:
        raw = json.loads(_path(home).read_text(encoding="utf-8"))
        address = ServerAddress(str(raw["host"]), int(raw["port"]), int(raw["pid"]), float(raw["created"]))
        alive = abs(psutil.Process(address.pid).create_time() - address.created) < 1.0
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return address if alive else None


def forget_server(home: Path) -> None:
    """Remove this process's record, if it is still this process's."""
    address = read_server(home)
    if address is not None and address.pid == os.getpid():
        _path(home).unlink(missing_ok=True)
