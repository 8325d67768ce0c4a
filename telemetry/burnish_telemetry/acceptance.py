"""Is a suggestion taken as often with an adapter as without it? What the record says while the adapter serves.

Reads a few fields of each event and no code, so that it is cheap enough to ask every hour.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from burnish_telemetry.database import connect, explained
from burnish_telemetry.events import Accepted, AcceptedInPart, Suggested
from burnish_telemetry.intervals import Difference, difference, effective

__all__ = ["Comparison", "Shown", "compare", "shown_since"]

#: Cases this close in time resemble each other: the same file, the same work. As long as a comparison slice.
CLUSTER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A completion that was shown. ``at``: seconds since 1970. ``accepted``: taken, wholly or in part."""

    at: float
    model: str
    adapter: str | None
    comparison: bool
    accepted: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Acceptance of ``cases`` against that of ``other_cases``, and the difference of the two with a 95 % interval."""

    cases: int
    accepted: int
    other_cases: int
    other_accepted: int
    difference: Difference

    @property
    def sentence(self) -> str:
        """The figures in words."""
        gap = self.difference
        return (
            f"{self.accepted / self.cases:.0%} of {self.cases} suggestions were taken, against "
            f"{self.other_accepted / self.other_cases:.0%} of {self.other_cases} (difference {gap.value * 100:+.1f} points, "
            f"95 % interval {gap.low * 100:+.1f} to {gap.high * 100:+.1f})"
        )


def shown_since(file: Path, since: float) -> list[Shown]:
    """The completions shown since a time (seconds since 1970), the oldest first; none where there is no record.

    Raises:
        StoreError: the record cannot be read.
    """
    if not file.exists():
        return []
    fields = "'$.model', '$.adapter', '$.display.comparison', '$.display.shown'"
    taken = f"kind IN ('{Accepted.kind}', '{AcceptedInPart.kind}')"
    low = int(since * 1e6)
    with explained(file, "read"), closing(connect(file, read_only=True)) as reader:
        reader.execute("BEGIN")
        accepted = {
            str(row[0])
            for row in reader.execute(f"SELECT suggestion FROM events WHERE {taken} AND time_us >= ?", (low,))
        }
        rows = reader.execute(
            f"SELECT suggestion, time_us, json_extract(body, {fields}) FROM events "
            "WHERE kind = ? AND time_us >= ? ORDER BY time_us",
            (Suggested.kind, low),
        )
        return list(_shown(rows, accepted))


def compare(first: Sequence[Shown], other: Sequence[Shown]) -> Comparison | None:
    """Acceptance of ``first`` against that of ``other``; ``None`` where either is empty.

    What was shown within a few minutes counts as one cluster, which widens the interval where such cases resemble each
    other.
    """
    if not first or not other:
        return None
    gap = difference(effective(_clusters(first)), effective(_clusters(other)))
    taken, other_taken = (sum(case.accepted for case in cases) for cases in (first, other))
    return Comparison(len(first), taken, len(other), other_taken, gap)


def _shown(rows: Iterable[tuple[str, int, str]], accepted: set[str]) -> Iterable[Shown]:
    for suggestion, micros, body in rows:
        model, adapter, comparison, shown = json.loads(body)
        if shown:
            yield Shown(micros / 1e6, model, adapter, bool(comparison), suggestion in accepted)


def _clusters(cases: Sequence[Shown]) -> list[tuple[int, int]]:
    """``(accepted, shown)`` of each few minutes."""
    found: dict[int, tuple[int, int]] = {}
    for case in cases:
        number = int(case.at // CLUSTER_SECONDS)
        taken, size = found.get(number, (0, 0))
        found[number] = taken + case.accepted, size + 1
    return list(found.values())
