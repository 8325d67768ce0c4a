"""Opens the database file, says what its errors mean, and puts a damaged file aside.

A damaged file is renamed, never deleted; what can still be read of it is copied into the new one.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from burnish_telemetry.codec import decode_event
from burnish_telemetry.errors import (
    EventError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
)
from burnish_telemetry.migrations import migrate

__all__ = ["DATABASE_FILE", "connect", "damaged_files", "explained", "open_database", "sidecars"]

log = logging.getLogger(__name__)

DATABASE_FILE = "telemetry.sqlite3"
#: How long one waits for other processes; an erasure of much rewrites the whole file meanwhile.
BUSY_SECONDS = 30.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_LITTLE_BYTES = 1 << 20


def sidecars(file: Path) -> tuple[Path, Path]:
    """The files SQLite keeps beside a database: its write-ahead log and the log's index."""
    return Path(f"{file}-wal"), Path(f"{file}-shm")


def damaged_files(file: Path) -> list[Path]:
    """Databases that were put aside, the oldest first, with the files beside them."""
    return sorted(file.parent.glob(f"{file.stem}.damaged-*"))


def open_database(file: Path) -> sqlite3.Connection:
    """Open the file, make it where it is missing, bring it to the present form, put it aside where it is damaged.

    Raises:
        StoreError: it cannot be used; its subclasses say why.
    """
    try:
        return _open_sound(file)
    except StoreDamagedError as error:
        log.error("%s", error)
    try:
        with FileLock(file.with_suffix(".lock"), timeout=BUSY_SECONDS, mode=0o600):
            try:
                # Another process may have put it aside meanwhile.
                return _open_sound(file)
            except StoreDamagedError:
                aside = _put_aside(file)
            connection = _open_sound(file)
            saved = _salvage(aside, connection)
            log.warning("The damaged record is kept as %s; %d events of it could be saved.", aside, saved)
            return connection
    except Timeout as error:
        raise StoreBusyError(
            f"{file} is damaged and another process is putting it aside. Try again."
        ) from error
    except OSError as error:
        raise StoreDamagedError(
            f"{file} is damaged and cannot be put aside: {error.strerror or error}. Move it away by hand."
        ) from error


def connect(file: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode with the settings that every use shares.

    Raises:
        sqlite3.Error: the file cannot be opened.
    """
    uri = f"{file.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        # Sorting and VACUUM would otherwise write pieces of the record to the system's temporary folder.
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA synchronous = NORMAL")
        if not read_only:
            connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def explained(file: Path, action: str) -> Iterator[None]:
    """Turn SQLite's errors into ours, with what to do.

    Raises:
        StoreError: in place of ``sqlite3.Error``.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(file, action, error) from error


def _meaning(file: Path, action: str, error: sqlite3.Error) -> StoreError:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    failed = f"Cannot {action} {file}"
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _disk_full(file)):
        return StoreFullError(
            f"{failed}: the disk is full. What was recorded before is kept; free some space, or erase old records with "
            "'burnish telemetry purge'."
        )
    if code in _BUSY:
        return StoreBusyError(f"{failed}: another process is using it. Try again.")
    if code in _DAMAGED:
        return StoreDamagedError(
            f"{failed}: the file is damaged ({error}). It is put aside when it is next written to."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH):
        return StoreError(f"{failed}: {error}. Check that your account may write to the file and its folder.")
    return StoreError(f"{failed}: {error}. Check the disk.")


def _disk_full(file: Path) -> bool:
    try:
        return shutil.disk_usage(file.parent).free < _LITTLE_BYTES
    except OSError:
        return False


def _open_sound(file: Path) -> sqlite3.Connection:
    _make(file)
    with explained(file, "open"):
        connection = connect(file)
        try:
            _log_ahead(connection)
            migrate(connection)
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise StoreDamagedError(f"{file} is damaged ({verdict}).")
        except BaseException:
            connection.close()
            raise
    return connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; of two processes that do so at once SQLite refuses one without waiting."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.001, 0.01))


def _make(file: Path) -> None:
    """The file, readable by its owner only; SQLite gives the files beside it the same mode."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only a file that is not there: closing one that is drops every lock this process holds on it (POSIX), and
        # another process would take the log away from under SQLite.
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if os.name == "posix" and file.stat().st_mode & 0o077:
            file.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"Cannot open {file}: {error.strerror or error}. Check that your account may write to the file and its folder."
        ) from error


def _put_aside(file: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = file.with_name(f"{file.stem}.damaged-{stamp}.sqlite3")
    file.rename(aside)
    for beside, there in zip(sidecars(file), sidecars(aside), strict=True):
        if beside.exists():
            beside.rename(there)
    return aside


def _salvage(aside: Path, connection: sqlite3.Connection) -> int:
    """Copy what can be read of a damaged file, from both ends; returns the number of events saved."""
    # A copy is read: opening a database may change it (its log is worked in), and the damaged one stays as it was.
    work = aside.with_name(f"{aside.stem}.work.sqlite3")
    try:
        for source, copy in zip((aside, *sidecars(aside)), (work, *sidecars(work)), strict=True):
            if source.exists():
                shutil.copyfile(source, copy)
        with closing(connect(work)) as damaged:
            connection.execute("BEGIN IMMEDIATE")
            for order in ("ASC", "DESC"):
                _copy_rows(damaged, connection, "events", f"ORDER BY sequence {order}")
            for table in ("event_files", "adapters", "adapter_lineage"):
                _copy_rows(damaged, connection, table, "")
            connection.execute("DELETE FROM event_files WHERE sequence NOT IN (SELECT sequence FROM events)")
            connection.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        log.warning("Of the damaged record in %s little could be read: %s", aside, error)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    finally:
        for path in (work, *sidecars(work)):
            path.unlink(missing_ok=True)
    return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


def _copy_rows(damaged: sqlite3.Connection, sound: sqlite3.Connection, table: str, order: str) -> None:
    """Copy the rows of a table as far as they can be read."""
    columns = [row[1] for row in sound.execute(f"PRAGMA table_info({table})")]
    insert = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})"
    try:
        for row in damaged.execute(f"SELECT {', '.join(columns)} FROM {table} {order}"):
            if table == "events":
                try:
                    decode_event(row[-1])
                except (EventError, TypeError) as error:
                    log.warning("An event of the damaged record is lost: %s", error)
                    continue
            sound.execute(insert, row)
    except sqlite3.DatabaseError as error:
        log.warning("The table %s of the damaged record can be read in part only: %s", table, error)
