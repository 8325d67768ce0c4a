"""The adapter registry: which adapters there are, what they came from, and which one is served.

Safe for several processes at once and against being killed at any moment: an adapter's file is complete on the disk
before a record names it, and every change of state is one transaction.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from burnish_models.adapters.check import check_in_process
from burnish_models.adapters.errors import (
    AdapterRefusedError,
    RegistryError,
    TransitionError,
    UnknownAdapterError,
)
from burnish_models.adapters.records import (
    MOVES,
    AdapterRecord,
    HistoryEntry,
    Lineage,
    Serving,
    State,
    events_sha256,
    record_from_row,
)
from burnish_models.adapters.storage import DATABASE, FOLDER, AdapterStorage
from burnish_models.gguf_file import file_sha256

__all__ = ["Registry", "registry_file"]

_SHORTEST_ID = 4
_COLUMNS = (
    *("id", "name", "state", "created", "size_bytes", "base_sha256", "base_name", "events_sha256"),
    *("labeller", "run", "rank", "alpha"),
)
_INSERT = (
    f"INSERT INTO adapters ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (id) DO UPDATE "
    f"SET erased = 0, {', '.join(f'{column} = excluded.{column}' for column in _COLUMNS[1:])}"
)
_SELECT = (
    "SELECT *, (SELECT COUNT(*) FROM adapter_events WHERE adapter = adapters.id) AS event_count FROM adapters"
)


def registry_file(home: Path) -> Path:
    """Where the registry below ``home`` keeps its database; it is made with the first adapter.

    Every change of the registry changes this file, so a ``stat`` of it says whether there is something new.
    """
    return home / FOLDER / DATABASE


class Registry:
    """The adapters below a home folder. Every method raises RegistryError when the registry cannot be used."""

    def __init__(self, home: Path) -> None:
        self._storage = AdapterStorage(home)

    # -- reading ---------------------------------------------------------------------------------------------

    def records(self, base_sha256: str | None = None) -> list[AdapterRecord]:
        """All adapters, or those of one base model; the newest first."""
        where, values = ("", ()) if base_sha256 is None else (" WHERE base_sha256 = ?", (base_sha256,))
        with self._storage.reading() as connection:
            rows = connection.execute(f"{_SELECT}{where} ORDER BY created DESC, rowid DESC", values)
            return [self._record(row) for row in rows]

    def find(self, id_or_name: str) -> AdapterRecord:
        """The adapter with this id, this beginning of an id (4 characters or more), or this name.

        Raises:
            UnknownAdapterError: none, or more than one.
        """
        with self._storage.reading() as connection:
            return self._find(connection, id_or_name)

    def history(self, identity: str) -> list[HistoryEntry]:
        """What became of an adapter, the oldest first."""
        with self._storage.reading() as connection:
            rows = connection.execute("SELECT * FROM history WHERE adapter = ? ORDER BY number", (identity,))
            return [
                HistoryEntry(
                    adapter=row["adapter"],
                    before=None if row["before"] is None else State(row["before"]),
                    after=State(row["after"]),
                    reason=row["reason"],
                    at=row["at"],
                )
                for row in rows
            ]

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
                f"{_SELECT} WHERE base_sha256 = ? AND state IN ('active', 'canary')", (base_sha256,)
            )
            found = {record.state: record for record in map(self._record, rows)}
        return Serving(found.get(State.ACTIVE), found.get(State.CANARY))

    def promoted(self, base_sha256: str) -> list[AdapterRecord]:
        """The active adapter of a model and, behind it, those it would be rolled back to, in that order.

        Their files are not looked at: whoever serves passes over what is gone or damaged, as :meth:`rollback` does.
        """
        with self._storage.reading() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE NOT erased AND id IN (SELECT adapter FROM promoted WHERE base_sha256 = ?) "
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
                f"{_SELECT} WHERE NOT erased AND id IN (SELECT adapter FROM adapter_events JOIN asked USING (event)) "
                "ORDER BY created"
            )
            return [self._record(row) for row in rows]

    # -- writing ---------------------------------------------------------------------------------------------

    def add(self, file: Path, model: Path, lineage: Lineage, *, base_name: str = "") -> AdapterRecord:
        """Check an adapter file in a throw-away process on its model, copy it in, and record it as a candidate.

        The same bytes are recorded once.

        Raises:
            AdapterRefusedError: it must not be served; says why. Nothing was kept.
        """
        before = file_sha256(file)
        checked = check_in_process(file, model)
        identity, size = self._storage.keep(file)
        if identity != before:
            raise AdapterRefusedError(f"{file} changed while it was checked. Try again when it is complete.")
        with self._storage.transaction() as connection:
            known = connection.execute("SELECT erased FROM adapters WHERE id = ?", (identity,)).fetchone()
            if known is None or known["erased"]:
                connection.execute(
                    _INSERT,
                    (
                        *(identity, checked.name, State.CANDIDATE, _now(), size, checked.base_sha256),
                        *(
                            base_name or model.stem,
                            events_sha256(lineage.events),
                            lineage.labeller,
                            lineage.run,
                        ),
                        *(checked.rank, checked.alpha),
                    ),
                )
                pairs = ((identity, event) for event in set(lineage.events))
                connection.executemany("INSERT INTO adapter_events (adapter, event) VALUES (?, ?)", pairs)
                before_state = None if known is None else State.RETIRED
                _note(connection, identity, before_state, State.CANDIDATE, f"trained by {lineage.run}")
            return self._find(connection, identity)

    def move(
        self, identity: str, state: State, reason: str, *, report: Mapping[str, Any] | None = None
    ) -> AdapterRecord:
        """Change an adapter's state, for a reason a user can read; ``report`` is the gate's, where there is one.

        Raises:
            TransitionError: that state does not follow the one it has.
        """
        with self._storage.transaction() as connection:
            record = self._find(connection, identity)
            if state not in MOVES[record.state]:
                raise TransitionError(
                    f"The adapter {record.name} is {record.state}: it cannot become {state}."
                    + (" Promote it instead." if state is State.ACTIVE else "")
                )
            if report is not None:
                connection.execute(
                    "UPDATE adapters SET report = ? WHERE id = ?", (json.dumps(dict(report)), record.id)
                )
            if state is State.CANARY:
                self._retire_others(connection, record, State.CANARY, f"replaced by {record.name}")
            self._leave(connection, record)
            self._set(connection, record, state, reason)
            if record.state is State.ACTIVE:
                self._serve_top(connection, record.base_sha256, f"{record.name} was retired: {reason}")
            return self._find(connection, record.id)

    def promote(self, id_or_name: str, reason: str, *, ungated: bool = False) -> AdapterRecord:
        """Serve an adapter from now on; the one served before is kept for :meth:`rollback`.

        Args:
            id_or_name: see :meth:`find`.
            reason: why, in words a user can read.
            ungated: also promote a candidate that has not passed the gate.

        Raises:
            TransitionError: it has not passed the gate, or its file is gone or damaged.
        """
        with self._storage.transaction() as connection:
            record = self._find(connection, id_or_name)
            if record.state is State.CANDIDATE and not ungated:
                raise TransitionError(
                    f"The adapter {record.name} has not passed the gate, so it may make completions worse. "
                    "Run `burnish nightly run`, or force it."
                )
            self._must_be_sound(record)
            if record.state is not State.ACTIVE:
                self._leave(connection, record)
                self._retire_others(connection, record, State.ACTIVE, f"replaced by {record.name}")
                connection.execute(
                    "INSERT INTO promoted SELECT ?, COALESCE(MAX(position), 0) + 1, ? FROM promoted WHERE base_sha256 = ?",
                    (record.base_sha256, record.id, record.base_sha256),
                )
                self._set(connection, record, State.ACTIVE, reason)
            return self._find(connection, record.id)

    def rollback(self, base_sha256: str, reason: str, *, only: str | None = None) -> AdapterRecord | None:
        """Stop serving the active adapter and go back to the one before it; ``None`` is the base model alone.

        An earlier adapter whose file is gone or damaged is passed over.

        Args:
            base_sha256: the model.
            reason: why, in words a user can read.
            only: roll back the adapter with this id and no other, whatever another process did meanwhile.

        Raises:
            TransitionError: no adapter is active, or another one than ``only``.
        """
        with self._storage.transaction() as connection:
            row = connection.execute(
                f"{_SELECT} WHERE base_sha256 = ? AND state = 'active'", (base_sha256,)
            ).fetchone()
            if row is None:
                raise TransitionError("No adapter is active: the base model is served alone already.")
            record = self._record(row)
            if only is not None and record.id != only:
                raise TransitionError(
                    f"Another adapter, {record.name}, has become active meanwhile; it stays."
                )
            self._leave(connection, record)
            self._set(connection, record, State.RETIRED, reason)
            return self._serve_top(connection, base_sha256, f"{record.name} was rolled back: {reason}")

    def erase(self, identity: str, reason: str) -> AdapterRecord:
        """Remove an adapter's file and what is known of its data; its record stays, retired. An active one is rolled
        back first."""
        with self._storage.transaction() as connection:
            record = self._find(connection, identity)
            self._leave(connection, record)
            if record.state is not State.RETIRED:
                self._set(connection, record, State.RETIRED, reason)
            connection.execute("UPDATE adapters SET erased = 1, report = '{}' WHERE id = ?", (record.id,))
            connection.execute("DELETE FROM adapter_events WHERE adapter = ?", (record.id,))
            if record.state is State.ACTIVE:
                self._serve_top(connection, record.base_sha256, f"{record.name} was erased: {reason}")
        with contextlib.suppress(FileNotFoundError):
            self._storage.path(record.id).unlink()
        return self.find(record.id)

    def sweep(self) -> list[Path]:
        """Take away what killed processes left behind; returns the removed files."""
        return self._storage.sweep()

    # -- steps of a transaction ------------------------------------------------------------------------------

    def _find(self, connection: sqlite3.Connection, id_or_name: str) -> AdapterRecord:
        rows = connection.execute(f"{_SELECT} WHERE id = ? OR name = ?", (id_or_name, id_or_name)).fetchall()
        if not rows and len(id_or_name) >= _SHORTEST_ID and id_or_name.isalnum():
            rows = connection.execute(f"{_SELECT} WHERE id GLOB ? || '*'", (id_or_name.lower(),)).fetchall()
        if len(rows) != 1:
            what = "no adapter" if not rows else f"{len(rows)} adapters"
            raise UnknownAdapterError(f"There is {what} {id_or_name!r}. See: burnish adapters list")
        return self._record(rows[0])

    def _must_be_sound(self, record: AdapterRecord) -> None:
        if not self._storage.sound(record.id):
            raise TransitionError(
                f"The file of the adapter {record.name} is gone or damaged, so it cannot be served. Train a new one."
            )

    def _retire_others(
        self, connection: sqlite3.Connection, record: AdapterRecord, state: State, reason: str
    ) -> None:
        """Retire whatever adapter of the same base is in ``state``."""
        rows = connection.execute(
            f"{_SELECT} WHERE base_sha256 = ? AND state = ? AND id != ?",
            (record.base_sha256, state, record.id),
        ).fetchall()
        for row in rows:
            self._set(connection, self._record(row), State.RETIRED, reason)

    def _leave(self, connection: sqlite3.Connection, record: AdapterRecord) -> None:
        """Forget that the adapter was ever promoted."""
        connection.execute("DELETE FROM promoted WHERE adapter = ?", (record.id,))

    def _serve_top(
        self, connection: sqlite3.Connection, base_sha256: str, reason: str
    ) -> AdapterRecord | None:
        """Make the adapter promoted last, among those that are left and sound, the active one."""
        rows = connection.execute(
            "SELECT adapter FROM promoted WHERE base_sha256 = ? ORDER BY position DESC", (base_sha256,)
        ).fetchall()
        for row in rows:
            record = self._find(connection, row["adapter"])
            if self._storage.sound(record.id):
                self._set(connection, record, State.ACTIVE, reason)
                return self._find(connection, record.id)
            self._leave(connection, record)
        return None

    def _set(self, connection: sqlite3.Connection, record: AdapterRecord, state: State, reason: str) -> None:
        connection.execute("UPDATE adapters SET state = ? WHERE id = ?", (state, record.id))
        _note(connection, record.id, record.state, state, reason)

    def _record(self, row: sqlite3.Row) -> AdapterRecord:
        try:
            return record_from_row(row, None if row["erased"] else self._storage.path(row["id"]))
        except ValueError as error:
            raise RegistryError(f"The registry's entry for {row['id'][:12]} is damaged ({error}).") from error


def _note(
    connection: sqlite3.Connection, identity: str, before: State | None, after: State, reason: str
) -> None:
    connection.execute(
        "INSERT INTO history (adapter, before, after, reason, at) VALUES (?, ?, ?, ?, ?)",
        (identity, before, after, reason, _now()),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
