"""Erases events so that nothing of them stays in the file, its log or its free pages."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from burnish_telemetry.database import damaged_files
from burnish_telemetry.errors import StoreError
from burnish_telemetry.events import KINDS, OFFERS
from burnish_telemetry.exclusions import location_of
from burnish_telemetry.lineage import adapters_of
from burnish_telemetry.times import to_micros
from burnish_telemetry.unfinished import clear_runs

__all__ = ["Erased", "Selection", "erase", "selected"]

_OFFER_KINDS = ", ".join(f"'{kind}'" for kind, of in KINDS.items() if of in OFFERS)
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Selection:
    """What to erase: of one folder or file, of a time span ``[since, until)``, or (all ``None``) everything."""

    folder: Path | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing limits it."""
        return self.folder is None and self.since is None and self.until is None


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased. ``adapters`` learned from some of it, the oldest first.

    ``log_emptied`` is false where another process was reading and kept the write-ahead log alive; erasing again, or the
    end of that process, empties it. ``files`` are databases put aside as damaged that were deleted (only with everything).
    """

    events: tuple[str, ...]
    adapters: tuple[str, ...]
    log_emptied: bool
    files: tuple[Path, ...] = ()


def erase(connection: sqlite3.Connection, file: Path, selection: Selection) -> Erased:
    """Erase what is selected, overwrite it, and give the space back.

    A suggestion made in the span goes with all that became of it. With a folder go also the events of other files that show
    text from it as context. What interrupted nightly runs hold goes too.

    Raises:
        sqlite3.Error: the file cannot be written to; nothing was erased, or it was and the space was not given back yet.
        StoreError: everything was erased but a file beside the record.
    """
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("BEGIN IMMEDIATE")
    try:
        _select(connection, selection)
        adapters = adapters_of(connection, "SELECT sequence FROM temp.erased")
        events = _selected_events(connection)
        connection.execute(
            "DELETE FROM labels WHERE suggestion IN (SELECT suggestion FROM events "
            "WHERE sequence IN (SELECT sequence FROM temp.erased))"
        )
        for table in ("event_files", "events"):
            connection.execute(f"DELETE FROM {table} WHERE sequence IN (SELECT sequence FROM temp.erased)")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.erased")
    files = tuple(damaged_files(file)) if selection.everything else ()
    stays: OSError | None = None
    try:
        if events:
            clear_runs(file.parent, selection.until)
        for path in files:
            path.unlink(missing_ok=True)
    except OSError as error:
        stays = error
    # Free pages without anything erased: an earlier erasure was interrupted before this.
    if events or connection.execute("PRAGMA freelist_count").fetchone()[0]:
        connection.execute("VACUUM")
    emptied = _empty_log(connection)
    if stays is not None:
        raise StoreError(
            f"{len(events)} events were erased, but {stays.filename} also holds text of yours and cannot be removed "
            f"({stays.strerror or stays}). Close what uses it (a nightly run, for one), then remove it."
        ) from stays
    return Erased(events, tuple(adapters), emptied, files)


def selected(connection: sqlite3.Connection, selection: Selection) -> tuple[tuple[str, ...], list[str]]:
    """The ids of the events that a selection would erase, and which adapters learned from them. Changes nothing."""
    try:
        _select(connection, selection)
        return _selected_events(connection), adapters_of(connection, "SELECT sequence FROM temp.erased")
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.erased")


def _selected_events(connection: sqlite3.Connection) -> tuple[str, ...]:
    chosen = "SELECT id FROM events WHERE sequence IN (SELECT sequence FROM temp.erased) ORDER BY sequence"
    return tuple(str(row[0]) for row in connection.execute(chosen))


def _select(connection: sqlite3.Connection, selection: Selection) -> None:
    """Fill ``temp.erased`` with the numbers of the events to erase."""
    connection.execute("CREATE TEMP TABLE erased (sequence INTEGER PRIMARY KEY)")
    conditions, values = ["1"], list[object]()
    if selection.since is not None:
        conditions.append("time_us >= ?")
        values.append(to_micros(selection.since))
    if selection.until is not None:
        conditions.append("time_us < ?")
        values.append(to_micros(selection.until))
    if selection.folder is not None:
        places = sorted(
            {location_of("", str(form)) for form in (selection.folder.absolute(), selection.folder.resolve())}
        )
        tests = []
        for place in places:
            below = place.rstrip("/") + "/"
            # "0" follows "/": a range that the index serves.
            tests.append("location = ? OR (location >= ? AND location < ?)")
            values += [place, below, below[:-1] + "0"]
        conditions.append(f"sequence IN (SELECT sequence FROM event_files WHERE {' OR '.join(tests)})")
    where = " AND ".join(conditions)
    connection.execute(f"INSERT INTO temp.erased SELECT sequence FROM events WHERE {where}", values)
    connection.execute(
        "INSERT OR IGNORE INTO temp.erased SELECT sequence FROM events WHERE suggestion IN (SELECT suggestion FROM events "
        f"WHERE kind IN ({_OFFER_KINDS}) AND sequence IN (SELECT sequence FROM temp.erased))"
    )


def _empty_log(connection: sqlite3.Connection) -> bool:
    """Cut the write-ahead log to nothing, waiting a while for other processes that read."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        busy, frames, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy and frames <= 0:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
