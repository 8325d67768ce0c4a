"""What came of a replay, in figures: times, what was shown, what was right, what was taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from burnish_server.replay.player import Outcome

__all__ = ["Share", "Summary", "Times", "percentile", "summarise", "waits"]


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``total`` with its 95 % Wilson score interval (Wilson 1927)."""

    count: int
    total: int
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int) -> Share:
        """The share and its interval; of nothing it is 0, somewhere between 0 and 1."""
        if not total:
            return cls(0, 0, 0.0, 0.0, 1.0)
        z = 1.959964
        share = count / total
        denominator = 1 + z * z / total
        centre = (share + z * z / (2 * total)) / denominator
        half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / denominator
        return cls(count, total, share, max(0.0, centre - half), min(1.0, centre + half))

    def __str__(self) -> str:
        return (
            f"{self.value:.1%} (95 % CI {self.low:.1%} to {self.high:.1%}, {self.count:,} of {self.total:,})"
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Percentiles of times in milliseconds."""

    count: int
    median: float
    p90: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Times:
        """All 0 where there are none."""
        found = [percentile(milliseconds, share) for share in (50, 90, 95, 99, 100)]
        return cls(len(milliseconds), *found)

    def __str__(self) -> str:
        return (
            f"median {self.median:.1f} ms, p90 {self.p90:.1f}, p95 {self.p95:.1f}, p99 {self.p99:.1f}, "
            f"longest {self.longest:.1f} (n = {self.count:,})"
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a replay.

    ``answered`` counts the requests whose answer came before the next key, ``shown`` of those the ones with a text,
    ``exact`` of the shown ones (with a text to come) those that are what the author wrote to the end of the line.
    ``accepted_characters`` were taken, ``typed_characters`` typed. ``times`` are of answered requests, ``shown_times`` of
    those with a text, ``waits`` of every key until the next answer at its place (see :func:`waits`).
    """

    keystrokes: int
    answered: Share
    shown: Share
    exact: Share
    accepted_characters: int
    typed_characters: int
    times: Times
    shown_times: Times
    waits: Times
    failed: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """Count."""
    answered = [outcome for outcome in outcomes if outcome.answered is not None]
    shown = [outcome for outcome in answered if outcome.shown]
    judged = [outcome for outcome in shown if outcome.wanted is not None]
    times = [outcome.milliseconds for outcome in answered if outcome.milliseconds is not None]
    return Summary(
        keystrokes=len(outcomes),
        answered=Share.of(len(answered), len(outcomes)),
        shown=Share.of(len(shown), len(answered)),
        exact=Share.of(sum(outcome.exact for outcome in judged), len(judged)),
        accepted_characters=sum(outcome.accepted for outcome in outcomes),
        typed_characters=sum(len(o.event.text.strip()) for o in outcomes if o.event.key != "accept"),
        times=Times.of(times),
        shown_times=Times.of([o.milliseconds for o in shown if o.milliseconds is not None]),
        waits=Times.of([wait for wait, _ in waits(outcomes) if wait is not None]),
        failed=sum(bool(outcome.failed) for outcome in outcomes),
    )


def waits(outcomes: Sequence[Outcome], until: float | None = None) -> list[tuple[float | None, bool]]:
    """For every key the milliseconds until the editor had an answer for the text as it then was, and whether that was so.

    An answer that comes before the next key ends the wait of its own key, and that of the keys before whose answers were
    overtaken. Where none came before the user left the place, the time until then is a lower bound (``False``), as is that until
    ``until`` (a reading of ``time.perf_counter``) for the last place of all; without it those waits are ``None``.
    """
    found: list[tuple[float | None, bool]] = [(None, False)] * len(outcomes)
    end: tuple[float, bool] | None = None if until is None else (until, False)
    for position in range(len(outcomes) - 1, -1, -1):
        outcome = outcomes[position]
        if outcome.answered is not None:
            end = (outcome.answered, True)
        if end is not None:
            found[position] = ((end[0] - outcome.pressed) * 1000, end[1])
        if outcome.event.landing:
            end = (outcome.pressed, False)
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The percentile by linear interpolation between the closest ranks; 0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    rank = (len(ordered) - 1) * share / 100
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
