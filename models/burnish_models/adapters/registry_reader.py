"""What can be asked of the adapter registry; see :mod:`burnish_models.adapters.registry` for what changes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from burnish_models.adapters.errors import AmbiguousAdapterError, RegistryError, UnknownAdapterError
from burnish_models.adapters.records import AdapterRecord, HistoryEntry, Serving, State, record_from_row
from burnish_models.adapters.storage import DATABASE, FOLDER, AdapterStorage

__all__ = ["SELECT", "RegistryReader", "registry_file"]

_SHORTEST_ID = 4
#: The columns that a record is made of.
SELECT = (
    "SELECT *, (SELECT COUNT(*) FROM adapter_events WHERE adapter = adapters.id) AS event_count FROM adapters"
)


def registry_file(home: Path) -> Path:
    """Where the registry below ``home`` keeps its database; it is made when it is first read or written.

    Every change of the registry changes this file, so a ``stat`` of it says whether there is something new.
    """
    return home / FOLDER / DATABASE


class RegistryReader:
    """The adapters below a home folder, to be read. Raises RegistryError when the registry cannot be used."""

    def __init__(self, home: Path) -> None:
        self._storage = AdapterStorage(home)

    def records(self, base_sha256: str | None = None) -> list[AdapterRecord]:
        """All adapters, or those of one base model; the newest first."""
        where, values = ("", ()) if base_sha256 is None else (" WHERE base_sha256 = ?", (base_sha256,))
        with self._storage.reading() as connection:
            rows = connection.execute(f"{SELECT}{where} ORDER BY created DESC, rowid DESC", values)
            return [self._record(row) for row in rows]

    def find(self, id_or_name: str) -> AdapterRecord:
        """The adapter with this id, this beginning of an id (4 characters or more), or this name.

        Raises:
            UnknownAdapterError: there is none.
            AmbiguousAdapterError: there are several.
        """
        with self._storage.reading() as connection:
            return self._find(connection, id_or_name)

    def has_file(self, identity: str) -> bool:
        """Whether the file of the adapter with this id is there, be it only left by an erasure that was cut short."""
        return self._storage.path(identity).exists()

    def history(self, identity: str) -> list[HistoryEntry]:
        """What became of an adapter, the oldest first."""
        with self._storage.reading() as connection:
            rows = connection.execute("SELECT * FROM history WHERE adapter = ? ORDER BY number", (identity,))
            return [_entry(row) for row in rows]

    def reasons(self) -> dict[str, str]:
        """Why each adapter is in the state it is in, by its id."""
        with self._storage.reading() as connection:
            rows = connection.execute(
                "SELECT adapter, reason FROM history WHERE number IN (SELECT MAX(number) FROM history GROUP BY adapter)"
            )
            return {str(row["adapter"]): str(row["reason"]) for row in rows}

    def serving(self, base_sha256: str) -> Serving:
        """What the model file with this hash is to be served with; cheap enough to ask every few seconds."""
        with self._storage.reading() as connection:
            rows = connection.execute(
                f"{SELECT} WHERE base_sha256 = ? AND state IN ('active', 'canary')", (base_sha256,)
            )
            found = {record.state: record for record in map(self._record, rows)}
        return Serving(found.get(State.ACTIVE), found.get(State.CANARY))

    def promoted(self, base_sha256: str) -> list[AdapterRecord]:
        """The active adapter of a model and, behind it, those it would be rolled back to, in that order.

        Their files are not looked at: whoever serves passes over what is gone or damaged, as :meth:`rollback` does.
        """
        with self._storage.reading() as connection:
            rows = connection.execute(
                f"{SELECT} WHERE NOT erased AND id IN (SELECT adapter FROM promoted WHERE base_sha256 = ?) "
                "ORDER BY (SELECT position FROM promoted WHERE adapter = adapters.id) DESC",
                (base_sha256,),
            )
            return [self._record(row) for row in rows]

    def learned_from(self, events: Iterable[str]) -> list[AdapterRecord]:
        """The adapters, not yet erased, that learned from any of these events."""
        with self._storage.reading() as connection:
            connection.execute("CREATE TEMP TABLE asked (event TEXT PRIMARY KEY)")
            connection.executemany("INSERT OR IGNORE INTO asked VALUES (?)", ((event,) for event in events))
            rows = connection.execute(
                f"{SELECT} WHERE NOT erased AND id IN (SELECT adapter FROM adapter_events JOIN asked USING (event)) "
                "ORDER BY created"
            )
            return [self._record(row) for row in rows]

    def _find(self, connection: sqlite3.Connection, id_or_name: str) -> AdapterRecord:
        rows = connection.execute(f"{SELECT} WHERE id = ? OR name = ?", (id_or_name, id_or_name)).fetchall()
        if not rows and len(id_or_name) >= _SHORTEST_ID and id_or_name.isalnum():
            rows = connection.execute(f"{SELECT} WHERE id GLOB ? || '*'", (id_or_name.lower(),)).fetchall()
        if not rows:
            raise UnknownAdapterError(f"There is no adapter {id_or_name!r}. See: burnish adapters list")
        if len(rows) > 1:
            raise AmbiguousAdapterError(
                f"There are {len(rows)} adapters {id_or_name!r}: give an id. See: burnish adapters list"
            )
        return self._record(rows[0])

    def _record(self, row: sqlite3.Row) -> AdapterRecord:
        try:
            return record_from_row(row, None if row["erased"] else self._storage.path(row["id"]))
        except ValueError as error:
            raise RegistryError(f"The registry's entry for {row['id'][:12]} is damaged ({error}).") from error


def _entry(row: sqlite3.Row) -> HistoryEntry:
    try:
        before = None if row["before"] is None else State(row["before"])
        return HistoryEntry(row["adapter"], before, State(row["after"]), row["reason"], row["at"])
    except ValueError as error:
        raise RegistryError(f"The history of {row['adapter'][:12]} is damaged ({error}).") from error
