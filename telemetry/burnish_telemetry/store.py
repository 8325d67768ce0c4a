"""Events on disk: append-only, in one SQLite file that several processes use at once.

A store belongs to the thread that opened it; :class:`burnish_telemetry.recorder.Recorder` gives it a thread of its own.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from burnish_telemetry.codec import decode_event, encode_event
from burnish_telemetry.database import (
    DATABASE_FILE,
    connect,
    explained,
    open_database,
)
from burnish_telemetry.erasure import Erased, Selection, erase, selected
from burnish_telemetry.errors import EventError
from burnish_telemetry.events import KINDS, OFFERS, ActionOffered, Event, Place, Prompt, Suggested
from burnish_telemetry.exclusions import location_of
from burnish_telemetry.labels import LABELLER_VERSION, Label, label_all
from burnish_telemetry.lineage import AdapterOrigin, origins, remember_adapter
from burnish_telemetry.times import to_micros

__all__ = ["Store", "store_file"]

log = logging.getLogger(__name__)

_OFFER_KINDS = ", ".join(f"'{kind}'" for kind, of in KINDS.items() if of in OFFERS)


def store_file(home: Path) -> Path:
    """The database below Burnish's home folder."""
    return home / DATABASE_FILE


class Store:
    """The events of this user.

    Args:
        file: the database; made where it is missing, put aside under another name where it is damaged.

    Raises:
        StoreError: it cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._connection = open_database(file)
        self._identity = self._present_identity()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. What was appended is already kept."""
        self._connection.close()

    @property
    def replaced(self) -> bool:
        """Whether another process has put this file aside, so that the store must be opened anew."""
        return self._identity != self._present_identity()

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Keep events, all or none; on return they survive the death of this process.

        An event that follows a suggestion is kept only where that suggestion is: what was refused or erased stays away.
        An event whose id is known is not kept twice.

        Returns:
            For each event whether it is in the store now.

        Raises:
            EventError: an event is malformed; none is kept.
            StoreError: the file cannot be written to; none is kept, and nothing kept before is lost.
        """
        rows = [(event, encode_event(event)) for event in events]
        with self._writing("write to"):
            return [self._insert(event, body) for event, body in rows]

    def _insert(self, event: Event, body: str) -> bool:
        if not isinstance(event, OFFERS):
            known = "SELECT 1 FROM events WHERE suggestion = ? LIMIT 1"
            if self._connection.execute(known, (event.suggestion,)).fetchone() is None:
                return False
        done = self._connection.execute(
            "INSERT OR IGNORE INTO events (id, suggestion, kind, time_us, schema, body) VALUES (?, ?, ?, ?, ?, ?)",
            (event.id, event.suggestion, event.kind, to_micros(event.time), event.schema, body),
        )
        if done.rowcount:
            files = [(location, done.lastrowid) for location in sorted(_locations(event))]
            self._connection.executemany("INSERT INTO event_files VALUES (?, ?)", files)
        return True

    def bodies(self) -> Iterator[str]:
        """The stored form of every event, in the order of arrival; constant memory, one consistent state."""
        with self._reading() as reader:
            for (body,) in reader.execute("SELECT body FROM events ORDER BY sequence"):
                yield body

    def suggestions(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[tuple[Event, ...]]:
        """The events of each suggestion made in ``[since, until)``, in the order the suggestions were made.

        Constant memory, one consistent state. Within a suggestion: the order of arrival. A suggestion with an event that
        this Burnish cannot read is left out, with a line in the log.
        """
        low = 0 if since is None else to_micros(since)
        high = (1 << 62) if until is None else to_micros(until)
        offers = f"SELECT suggestion FROM events WHERE kind IN ({_OFFER_KINDS}) AND time_us >= ? AND time_us < ? ORDER BY sequence"
        follow = "SELECT body FROM events WHERE suggestion = ? ORDER BY sequence"
        with self._reading() as reader:
            for (suggestion,) in reader.execute(offers, (low, high)):
                try:
                    events = tuple(decode_event(body) for (body,) in reader.execute(follow, (suggestion,)))
                except EventError as error:
                    log.warning("A suggestion is left out: %s", error)
                    continue
                yield events

    def labels(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Label]:
        """The present labeller's word on each suggestion made in ``[since, until)``, made anew from the events."""
        return label_all(self.suggestions(since, until))

    def refresh_labels(self) -> dict[tuple[str, str], int]:
        """Make the table of labels of the present labeller anew; returns how many have each verdict and reason."""
        rows = [
            (LABELLER_VERSION, x.suggestion, x.verdict, x.reason, to_micros(x.time)) for x in self.labels()
        ]
        with self._writing("write labels to"):
            self._connection.execute("DELETE FROM labels WHERE labeller = ?", (LABELLER_VERSION,))
            self._connection.executemany("INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?)", rows)
        counts: dict[tuple[str, str], int] = {}
        for _, _, verdict, reason, _ in rows:
            counts[verdict, reason] = counts.get((verdict, reason), 0) + 1
        return counts

    def counts(self) -> dict[str, int]:
        """How many events there are of each kind; kinds without any are left out."""
        with explained(self.file, "read"):
            return dict(
                self._connection.execute("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind")
            )

    def learned(self, adapter: str, base_model: str, event_ids: Iterable[str]) -> int:
        """Write down which events an adapter learned from, before it is put to use; returns how many.

        Raises:
            StoreError: one of the events has been erased meanwhile (the adapter must be discarded), or the adapter is known.
        """
        with self._writing("write to"):
            return remember_adapter(self._connection, adapter, base_model, LABELLER_VERSION, event_ids)

    def adapters(self) -> list[AdapterOrigin]:
        """Every adapter that was written down, the oldest first."""
        with explained(self.file, "read"):
            return origins(self._connection)

    def forget_adapter(self, adapter: str) -> None:
        """Forget an adapter that was removed; one that is not known is no error."""
        with self._writing("write to"):
            for table in ("adapter_lineage", "adapters"):
                self._connection.execute(f"DELETE FROM {table} WHERE adapter = ?", (adapter,))

    def erase(self, selection: Selection) -> Erased:
        """Erase events for good; see :func:`burnish_telemetry.erasure.erase`."""
        with explained(self.file, "erase from"):
            return erase(self._connection, self.file, selection)

    def would_erase(self, selection: Selection) -> tuple[tuple[str, ...], list[str]]:
        """The ids of a selection's events, and which adapters learned from any of them; nothing is changed."""
        with explained(self.file, "read"):
            return selected(self._connection, selection)

    def prune(self, older_than: datetime) -> Erased:
        """Erase what was recorded before a time (the retention)."""
        return self.erase(Selection(until=older_than))

    def check(self) -> list[str]:
        """Examine every page and index; an empty list means sound."""
        with explained(self.file, "examine"):
            found = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def _present_identity(self) -> tuple[int, int] | None:
        try:
            stat = self.file.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    @contextmanager
    def _writing(self, action: str) -> Iterator[None]:
        """One transaction: kept as a whole, or not at all."""
        with explained(self.file, action):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled it back already.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own that sees one state, whatever is written meanwhile."""
        with explained(self.file, "read"), closing(connect(self.file, read_only=True)) as reader:
            reader.execute("BEGIN")
            yield reader


def _locations(event: Event) -> set[str]:
    """The files whose text an event holds."""
    place: Place = event.place
    prompt: Prompt | None = event.prompt if isinstance(event, Suggested | ActionOffered) else None
    others = () if prompt is None else tuple(file.path for file in prompt.context)
    return {location_of(place.folder, path) for path in (place.path, *others)}
