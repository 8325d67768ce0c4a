"""The registry's files: one SQLite database and one immutable file for each adapter, named by its content."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from burnish_models.adapters.errors import RegistryError
from burnish_models.gguf_file import file_sha256

__all__ = ["DATABASE", "FOLDER", "AdapterStorage"]

#: Below the home folder, and in it.
FOLDER = "adapters"
DATABASE = "registry.sqlite3"
_VERSION = 1
_BUSY_MS = 30_000
#: What a killed process left behind is taken away after this many seconds.
_STALE_S = 3600.0
_OWN_FILE = re.compile(r"\.incoming\..*\.part|([0-9a-f]{64})\.gguf")
_SCHEMA = """
CREATE TABLE adapters (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, created TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    base_sha256 TEXT NOT NULL, base_name TEXT NOT NULL, events_sha256 TEXT NOT NULL, labeller TEXT NOT NULL,
    run TEXT NOT NULL, rank INTEGER NOT NULL, alpha REAL NOT NULL, report TEXT NOT NULL DEFAULT '{}',
    erased INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX one_active ON adapters(base_sha256) WHERE state = 'active';
CREATE UNIQUE INDEX one_canary ON adapters(base_sha256) WHERE state = 'canary';
CREATE TABLE adapter_events (
    adapter TEXT NOT NULL REFERENCES adapters(id), event TEXT NOT NULL, PRIMARY KEY (event, adapter)
) WITHOUT ROWID;
CREATE TABLE history (
    number INTEGER PRIMARY KEY AUTOINCREMENT, adapter TEXT NOT NULL REFERENCES adapters(id), before TEXT,
    after TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE promoted (
    base_sha256 TEXT NOT NULL, position INTEGER NOT NULL, adapter TEXT NOT NULL REFERENCES adapters(id),
    PRIMARY KEY (base_sha256, position)
);
"""


class AdapterStorage:
    """Files below ``<home>/adapters``, readable by their owner only.

    Raises:
        RegistryError: the folder cannot be made.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self.database = self.folder / DATABASE
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RegistryError(
                f"Cannot make the folder {self.folder}: {error.strerror or error}. Check the folder above it."
            ) from error

    def path(self, identity: str) -> Path:
        """Where the adapter with this SHA-256 lies."""
        return self.folder / f"{identity}.gguf"

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it is on the disk when this returns, or none of it.

        Raises:
            RegistryError: the database is damaged, locked for too long, from a newer Burnish, or cannot be written.
        """
        with self._errors(), contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the database. Raises as :meth:`transaction`."""
        with self._errors(), contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise RegistryError(
                f"The adapter registry {self.database} cannot be used: {error}. Look at the disk's free space and the "
                "file's mode; if it is damaged, move it away: the model is then served without an adapter until the "
                "next one is trained."
            ) from error

    def _connect(self) -> sqlite3.Connection:
        if not self.database.exists():
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(self.database, timeout=_BUSY_MS / 1000, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if (version := _version(connection)) == _VERSION:
            return
        if version > _VERSION:
            raise RegistryError(
                f"{self.database} was written by a newer Burnish (version {version}). Update Burnish to use it."
            )
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) < _VERSION:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")

    def keep(self, source: Path) -> tuple[str, int]:
        """Copy a file in, on the disk before this returns; gives its SHA-256 and its size in bytes.

        Raises:
            RegistryError: it cannot be read, or there is no room.
        """
        handle, name = tempfile.mkstemp(prefix=".incoming.", suffix=".part", dir=self.folder)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as target, source.open("rb") as file:
                shutil.copyfileobj(file, target, 1 << 20)
                target.flush()
                os.fsync(target.fileno())
            identity, size = file_sha256(temporary), temporary.stat().st_size
            temporary.replace(self.path(identity))
            _sync_folder(self.folder)
        except OSError as error:
            raise RegistryError(
                f"Cannot keep {source} in {self.folder}: {error.strerror or error}. Nothing was changed."
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
        return identity, size

    def sound(self, identity: str) -> bool:
        """Whether the adapter's file is there and its bytes are the ones that were checked."""
        path = self.path(identity)
        return path.is_file() and file_sha256(path) == identity

    def sweep(self) -> None:
        """Take away what killed processes left: parts, and files that no record names or that were erased.

        What cannot be removed now is left for the next time. Raises as :meth:`reading`.
        """
        with self.reading() as connection:
            kept = {row["id"] for row in connection.execute("SELECT id FROM adapters WHERE NOT erased")}
        for path in self.folder.iterdir():
            own = _OWN_FILE.fullmatch(path.name)
            if own is None or own[1] in kept:
                continue
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE_S:
                    path.unlink()


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _sync_folder(folder: Path) -> None:
    """Put a rename on the disk; Windows does it by itself and cannot open folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
