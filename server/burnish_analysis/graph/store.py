"""What was read of a workspace folder, on disk: one SQLite file a folder, shared by all windows that open it.

SQLite makes every write atomic, whatever ends the process, and lets two windows write in turn. A damaged file is removed
and built again; a disk that cannot be written to only costs the time to read the workspace again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["GraphStore", "Record", "store_path"]

log = logging.getLogger(__name__)

#: Raised whenever extraction or the form of its result changes.
_VERSION = 3
#: Folders whose graphs are kept; those not used for longest go first.
_MOST_STORES = 20
_BUSY_SECONDS = 5.0
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, mtime INTEGER NOT NULL, size INTEGER NOT NULL, "
    "digest BLOB NOT NULL, graph TEXT NOT NULL) WITHOUT ROWID"
)


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a file: its modification time (ns), size (bytes) and content's digest when read, and its graph."""

    mtime: int
    size: int
    digest: bytes
    graph: str


def store_path(home: Path, root: Path) -> Path:
    """The file that keeps the graph of a workspace folder."""
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:24]
    return home / "cache" / "graph" / f"{name}.sqlite3"


class GraphStore:
    """Records by path. Every method works, with nothing kept, where the file cannot be used."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        if file is not None:
            self._open(file)

    def load(self) -> dict[str, Record]:
        """All records."""
        try:
            rows = self._rows()
        except sqlite3.Error as error:
            self._begin_again(error)
            return {}
        return {path: Record(mtime, size, digest, graph) for path, mtime, size, digest, graph in rows}

    def put(self, records: Iterable[tuple[str, Record]]) -> None:
        """Keep records, replacing those of the same paths, all or none."""
        rows = [(path, r.mtime, r.size, r.digest, r.graph) for path, r in records]
        self._write("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", rows)

    def remove(self, paths: Iterable[str]) -> None:
        """Forget files."""
        self._write("DELETE FROM files WHERE path = ?", [(path,) for path in paths])

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(self) -> list[tuple[str, int, int, bytes, str]]:
        if self._connection is None:
            return []
        rows = self._connection.execute("SELECT path, mtime, size, digest, graph FROM files").fetchall()
        for row in rows:
            if [type(value) for value in row] != [str, int, int, bytes, str]:
                raise sqlite3.DatabaseError("a record has the wrong types")
        return rows

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if self._connection is None or not rows:
            return
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.OperationalError as error:
            # Busy, full or read-only: what was not kept is read again next time.
            log.warning("The code graph cannot be kept in %s: %s", self._file, error)
        except sqlite3.DatabaseError as error:
            self._begin_again(error)

    def _open(self, file: Path) -> None:
        try:
            self._connection = self._connect()
        except (OSError, sqlite3.OperationalError) as error:
            log.warning("The code graph cannot be kept in %s: %s", file, error)
        except sqlite3.DatabaseError as error:
            self._begin_again(error)

    def _connect(self) -> sqlite3.Connection:
        assert self._file is not None
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _prune(self._file)
        os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        os.utime(self._file)
        connection = sqlite3.connect(self._file, timeout=_BUSY_SECONDS)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                connection.execute("DROP TABLE IF EXISTS files")
            with connection:
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _begin_again(self, error: Exception) -> None:
        """Remove a damaged file and start with an empty one."""
        log.warning("The code graph in %s is damaged and is built again: %s", self._file, error)
        self.close()
        assert self._file is not None
        try:
            for name in (self._file, *(Path(f"{self._file}{end}") for end in ("-journal", "-wal", "-shm"))):
                name.unlink(missing_ok=True)
            self._connection = self._connect()
        except (OSError, sqlite3.Error) as again:
            log.warning("The code graph cannot be kept in %s: %s", self._file, again)
            self._connection = None


def _prune(file: Path) -> None:
    """Remove the graphs of folders that were not opened for long."""
    try:
        others = [path for path in file.parent.glob("*.sqlite3") if path != file]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        week_ago = time.time() - 7 * 86_400
        for path in others[_MOST_STORES - 1 :]:
            if path.stat().st_mtime < week_ago:
                path.unlink()
    except OSError as error:
        log.debug("Old code graphs were left in place: %s", error)
