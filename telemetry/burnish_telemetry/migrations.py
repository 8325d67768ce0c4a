"""The form of the database, as numbered steps. A step that was released is never changed: a new one follows it.

``PRAGMA user_version`` holds the number of the last step taken; the table ``migrations`` their names and when they were taken.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from burnish_telemetry.errors import StoreNewerError

__all__ = ["MIGRATIONS", "migrate"]


def m001_events(connection: sqlite3.Connection) -> None:
    """Events, append-only, and the files whose text each of them holds."""
    connection.execute(
        "CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
        "suggestion TEXT NOT NULL, kind TEXT NOT NULL, time_us INTEGER NOT NULL, schema INTEGER NOT NULL, body TEXT NOT NULL)"
    )
    connection.execute("CREATE INDEX events_by_suggestion ON events (suggestion, sequence)")
    connection.execute("CREATE INDEX events_by_time ON events (time_us)")
    connection.execute(
        "CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    )
    connection.execute(
        "CREATE TABLE event_files (location TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (location, sequence)) "
        "WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX event_files_by_sequence ON event_files (sequence)")


def m002_labels(connection: sqlite3.Connection) -> None:
    """What each version of the labeller made of each suggestion; derived, so it can be made again."""
    connection.execute(
        "CREATE TABLE labels (labeller INTEGER NOT NULL, suggestion TEXT NOT NULL, verdict TEXT NOT NULL, "
        "reason TEXT NOT NULL, time_us INTEGER NOT NULL, PRIMARY KEY (labeller, suggestion)) WITHOUT ROWID"
    )


def m003_adapter_lineage(connection: sqlite3.Connection) -> None:
    """Which adapter learned from which events: ranges of sequence numbers, which are never given twice."""
    connection.execute(
        "CREATE TABLE adapters (adapter TEXT PRIMARY KEY, base_model TEXT NOT NULL, labeller INTEGER NOT NULL, "
        "time_us INTEGER NOT NULL) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE adapter_lineage (adapter TEXT NOT NULL REFERENCES adapters, first INTEGER NOT NULL, "
        "last INTEGER NOT NULL, PRIMARY KEY (adapter, first)) WITHOUT ROWID"
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    m001_events,
    m002_labels,
    m003_adapter_lineage,
)


def migrate(connection: sqlite3.Connection) -> list[str]:
    """Take the steps that are missing, all or none of them; returns their names.

    The connection must be in autocommit mode (``isolation_level=None``).

    Raises:
        StoreNewerError: the file has more steps than this Burnish knows.
        sqlite3.Error: the file cannot be written to or is damaged.
    """
    if _version(connection) == len(MIGRATIONS):
        return []
    taken = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been faster.
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise StoreNewerError(
                f"The record was written by a newer Burnish (form {version}; this one knows {len(MIGRATIONS)}). "
                "Update Burnish; the file is left as it is."
            )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied TEXT NOT NULL)"
        )
        for step in MIGRATIONS[version:]:
            step(connection)
            applied = datetime.now(UTC).isoformat(timespec="seconds")
            connection.execute("INSERT INTO migrations VALUES (?, ?)", (step.__name__, applied))
            taken.append(step.__name__)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return taken


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
