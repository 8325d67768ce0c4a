"""What the registry says about an adapter."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

__all__ = [
    "MOVES",
    "AdapterRecord",
    "HistoryEntry",
    "Lineage",
    "Serving",
    "State",
    "events_sha256",
    "record_from_row",
]


class State(StrEnum):
    """Where an adapter stands.

    ``candidate``: trained and checked; ``gated``: the gate found it better; ``canary``: serves a share of the requests;
    ``active``: serves; ``retired``: refused, replaced or rolled back.
    """

    CANDIDATE = "candidate"
    GATED = "gated"
    CANARY = "canary"
    ACTIVE = "active"
    RETIRED = "retired"


#: The states that :meth:`Registry.move` may lead to. Only promoting makes an adapter active.
MOVES: Mapping[State, tuple[State, ...]] = {
    State.CANDIDATE: (State.GATED, State.RETIRED),
    State.GATED: (State.CANARY, State.RETIRED),
    State.CANARY: (State.RETIRED,),
    State.ACTIVE: (State.RETIRED,),
    State.RETIRED: (),
}


def events_sha256(events: Iterable[str]) -> str:
    """One hash of a set of event ids, whatever their order."""
    return hashlib.sha256("\n".join(sorted(set(events))).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Lineage:
    """What an adapter came from: event ids as the store names them, the labeller's version, the run's id."""

    labeller: str
    run: str
    events: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class AdapterRecord:
    """One adapter. ``id`` is its file's SHA-256; ``created`` is UTC in ISO 8601; ``path`` is its file, ``None`` once it
    was erased; ``report`` is what the gate said."""

    id: str
    name: str
    state: State
    created: str
    size_bytes: int
    path: Path | None
    base_sha256: str
    base_name: str
    events_sha256: str
    event_count: int
    labeller: str
    run: str
    rank: int
    alpha: float
    report: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "state": str(self.state),
            "created": self.created,
            "size_bytes": self.size_bytes,
            "path": None if self.path is None else str(self.path),
            "base_sha256": self.base_sha256,
            "base_name": self.base_name,
            "events_sha256": self.events_sha256,
            "event_count": self.event_count,
            "labeller": self.labeller,
            "run": self.run,
            "rank": self.rank,
            "alpha": self.alpha,
            "report": dict(self.report),
        }


def record_from_row(row: sqlite3.Row, path: Path | None) -> AdapterRecord:
    """The record in a row of the registry's table, with the number of its events.

    Raises:
        ValueError: an unknown state, or a report that is no JSON.
    """
    return AdapterRecord(
        id=row["id"],
        name=row["name"],
        state=State(row["state"]),
        created=row["created"],
        size_bytes=row["size_bytes"],
        path=path,
        base_sha256=row["base_sha256"],
        base_name=row["base_name"],
        events_sha256=row["events_sha256"],
        event_count=row["event_count"],
        labeller=row["labeller"],
        run=row["run"],
        rank=row["rank"],
        alpha=row["alpha"],
        report=json.loads(row["report"]),
    )


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of state; ``before`` is ``None`` for the first."""

    adapter: str
    before: State | None
    after: State
    reason: str
    at: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "adapter": self.adapter,
            "from": None if self.before is None else str(self.before),
            "to": str(self.after),
            "reason": self.reason,
            "at": self.at,
        }


@dataclass(frozen=True, slots=True)
class Serving:
    """What a model is to be served with: the active adapter (``None``: the base alone) and the canary."""

    active: AdapterRecord | None
    canary: AdapterRecord | None
