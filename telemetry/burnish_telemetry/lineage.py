"""Which adapter learned from which events, kept as ranges of sequence numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from burnish_telemetry.errors import StoreError
from burnish_telemetry.times import from_micros, to_micros

__all__ = ["AdapterOrigin", "adapters_of", "origins", "remember_adapter", "runs"]


@dataclass(frozen=True, slots=True)
class AdapterOrigin:
    """Where an adapter comes from. ``events`` counts what it learned from, ``erased`` how many of them are gone now."""

    adapter: str
    base_model: str
    labeller: int
    time: datetime
    events: int
    erased: int


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Sorted numbers as ranges ``(first, last)``, both included."""
    first: int | None = None
    last = 0
    for number in numbers:
        if first is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            yield first, last
        first = last = number
    if first is not None:
        yield first, last


def remember_adapter(
    connection: sqlite3.Connection, adapter: str, base_model: str, labeller: int, event_ids: Iterable[str]
) -> int:
    """Write down what an adapter learned from, inside the caller's transaction; returns the number of events.

    Raises:
        StoreError: an event is not in the store (it was erased while the adapter was trained), or the adapter is known.
        sqlite3.Error: the store cannot be written to.
    """
    sequences = []
    for event_id in event_ids:
        row = connection.execute("SELECT sequence FROM events WHERE id = ?", (event_id,)).fetchone()
        if row is None:
            raise StoreError(
                f"The adapter {adapter} learned from an event that is not in the record any more. Discard the adapter."
            )
        sequences.append(int(row[0]))
    if connection.execute("SELECT 1 FROM adapters WHERE adapter = ?", (adapter,)).fetchone():
        raise StoreError(f"The adapter {adapter} is already written down.")
    values = (adapter, base_model, labeller, to_micros(datetime.now(UTC)))
    connection.execute("INSERT INTO adapters VALUES (?, ?, ?, ?)", values)
    ranges = [(adapter, first, last) for first, last in runs(sorted(set(sequences)))]
    connection.executemany("INSERT INTO adapter_lineage VALUES (?, ?, ?)", ranges)
    return len(set(sequences))


def adapters_of(connection: sqlite3.Connection, sequences: str) -> list[str]:
    """Adapters that learned from any event whose number a subquery gives, the oldest first."""
    query = (
        "SELECT adapter FROM adapters WHERE EXISTS (SELECT 1 FROM adapter_lineage l JOIN "
        f"({sequences}) e ON e.sequence BETWEEN l.first AND l.last WHERE l.adapter = adapters.adapter) ORDER BY time_us, adapter"
    )
    return [str(row[0]) for row in connection.execute(query)]


def origins(connection: sqlite3.Connection) -> list[AdapterOrigin]:
    """Every adapter that was written down, the oldest first."""
    found = []
    adapters = connection.execute(
        "SELECT adapter, base_model, labeller, time_us FROM adapters ORDER BY time_us, adapter"
    )
    for adapter, base, labeller, time_us in adapters.fetchall():
        total, there = connection.execute(
            "SELECT coalesce(sum(last - first + 1), 0), coalesce(sum((SELECT count(*) FROM events "
            "WHERE sequence BETWEEN first AND last)), 0) FROM adapter_lineage WHERE adapter = ?",
            (adapter,),
        ).fetchone()
        found.append(AdapterOrigin(adapter, base, labeller, from_micros(time_us), total, total - there))
    return found
