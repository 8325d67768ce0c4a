"""The adapter registry: which adapters there are, what they came from, and which one is served.

Safe for several processes at once and against being killed at any moment: an adapter's file is complete on the disk
before a record names it, and every change of state is one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from burnish_models.adapters.check import check_in_process
from burnish_models.adapters.errors import AdapterRefusedError, RegistryError, TransitionError
from burnish_models.adapters.records import MOVES, AdapterRecord, Lineage, State, events_sha256
from burnish_models.adapters.registry_reader import SELECT, RegistryReader, registry_file
from burnish_models.gguf_file import file_sha256

__all__ = ["Registry", "registry_file"]

_COLUMNS = (
    *("id", "name", "state", "created", "size_bytes", "base_sha256", "base_name", "events_sha256"),
    *("labeller", "run", "rank", "alpha"),
)
_INSERT = (
    f"INSERT INTO adapters ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (id) DO UPDATE "
    f"SET erased = 0, {', '.join(f'{column} = excluded.{column}' for column in _COLUMNS[1:])}"
)


class Registry(RegistryReader):
    """The adapters below a home folder. Every method raises RegistryError when the registry cannot be used."""

    # -- writing ---------------------------------------------------------------------------------------------

    def add(self, file: Path, model: Path, lineage: Lineage, *, base_name: str = "") -> AdapterRecord:
        """Check an adapter file in a throw-away process on its model, copy it in, and record it as a candidate.

        The same bytes are recorded once. What killed processes left behind is taken away first.

        Raises:
            AdapterRefusedError: it must not be served; says why. No record names it.
        """
        self._storage.sweep()
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
                f"{SELECT} WHERE base_sha256 = ? AND state = 'active'", (base_sha256,)
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
        back first. Erasing again removes a file that could not be removed before.

        Raises:
            RegistryError: as always, or its file cannot be removed; it is served no longer all the same.
        """
        with self._storage.transaction() as connection:
            record = self._find(connection, identity)
            self._leave(connection, record)
            if record.state is not State.RETIRED:
                self._set(connection, record, State.RETIRED, reason)
            connection.execute("UPDATE adapters SET erased = 1, report = '{}' WHERE id = ?", (record.id,))
            connection.execute("DELETE FROM adapter_events WHERE adapter = ?", (record.id,))
            if record.state is State.ACTIVE:
                self._serve_top(connection, record.base_sha256, f"{record.name} was erased: {reason}")
        file = self._storage.path(record.id)
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise RegistryError(
                f"The adapter {record.name} is served no longer, but its file {file} cannot be removed "
                f"({error.strerror or error}). Close what uses it and erase it again, or remove the file yourself."
            ) from error
        return self.find(record.id)

    # -- steps of a transaction ------------------------------------------------------------------------------

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
            f"{SELECT} WHERE base_sha256 = ? AND state = ? AND id != ?",
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


def _note(
    connection: sqlite3.Connection, identity: str, before: State | None, after: State, reason: str
) -> None:
    connection.execute(
        "INSERT INTO history (adapter, before, after, reason, at) VALUES (?, ?, ?, ?, ?)",
        (identity, before, after, reason, _now()),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
