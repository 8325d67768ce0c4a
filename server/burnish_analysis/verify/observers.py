"""Observe each version by itself, the original twice under different hash seeds, and compare what was seen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from burnish_analysis.sandbox.model import Kind
from burnish_analysis.verify.inside.differ import COMPARABLE, difference
from burnish_analysis.verify.model import Coverage, VerifyOptions
from burnish_analysis.verify.program import run_inside
from burnish_analysis.verify.stoppable import StopLike

__all__ = [
    "Comparison",
    "Difference",
    "Seen",
    "compare",
    "observe_again",
    "observe_all",
    "observe_version",
    "same_exception",
]

#: Nobody knows what a version does when its process dies at this many inputs.
_MOST_DEATHS = 3
_DEAD = {"end": "died", "value": "its process ended"}
#: The process was ended at its limit: its own clock could not stop the call, or the machine was too busy to look at it.
_LATE = {"end": "late"}


@dataclass(frozen=True)
class Seen:
    """What one version did: an observation for each input in order, ``{}`` where there is none."""

    observations: tuple[Mapping[str, Any], ...]
    share: float | None = None
    failed: str = ""
    sandbox: str = ""


@dataclass(frozen=True)
class Difference:
    """An input on which the versions differ: its number, the part, and both observations."""

    index: int
    part: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Both versions side by side.

    Attributes:
        inputs: numbers of the inputs that were compared and on which they agree. returned: those among them on which a
            value came back. differences: in the order of the inputs.
        unstable: why the original does not agree with itself, or something else that cannot be compared; empty if
            nothing stands in the way.
        skipped: how many inputs fell out, by reason.
    """

    inputs: tuple[int, ...] = ()
    returned: int = 0
    differences: tuple[Difference, ...] = ()
    unstable: str = ""
    skipped: Mapping[str, int] = field(default_factory=dict)
    coverage: Coverage | None = None
    sandbox: str = ""


def observe_version(
    source: str,
    function: str,
    calls: Sequence[str],
    options: VerifyOptions,
    *,
    hash_seed: int,
    seconds: float,
    call_seconds: float,
    cover_seconds: float = 0.0,
    packages: bool = False,
    stop: StopLike | None = None,
) -> Seen:
    """Observe one version on ``calls``, in a process that knows no other; a new one where it dies."""
    found: list[Mapping[str, Any]] = []
    share, sandbox = None, ""
    for _ in range(_MOST_DEATHS + 1):
        job = {
            "source": source,
            "function": function,
            "module": options.module,
            "calls": list(calls[len(found) :]),
            "seconds": seconds,
            "call_seconds": call_seconds,
            "cover_seconds": cover_seconds,
        }
        lines = run_inside(
            "observer",
            job,
            options,
            seconds=seconds + cover_seconds + 4.0,
            hash_seed=hash_seed,
            packages=packages,
            guarded=True,
            stop=stop,
        )
        if lines.outcome.kind is Kind.REFUSED:
            return Seen(tuple(found), failed=lines.outcome.message)
        sandbox = lines.outcome.isolation.level.label
        failed = lines.first("failed")
        if failed is not None:
            return Seen(tuple(found), failed=str(failed["failed"])[:500], sandbox=sandbox)
        part = _in_order(lines.lines, len(job["calls"]))  # type: ignore[arg-type]
        found += part
        end = lines.first("done")
        if end is not None and isinstance(end.get("share"), (int, float)):
            share = min(1.0, max(0.0, float(end["share"])))
        if len(found) >= len(calls) or lines.first("cut") or (stop is not None and stop.is_set()):
            break
        found.append(_LATE if lines.outcome.kind is Kind.TIMEOUT else _DEAD)
        if len(found) >= len(calls):
            break
    missing: list[Mapping[str, Any]] = [{}] * (len(calls) - len(found))
    return Seen((*found, *missing), share=share, sandbox=sandbox)


def _in_order(lines: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """The observations from the first on, as far as their numbers go without a gap."""
    found: list[Mapping[str, Any]] = []
    for line in lines:
        if line.get("i") == len(found) and len(found) < most and isinstance(line.get("end"), str):
            found.append(line)
    return found


def observe_all(
    before: str,
    after: str,
    function: str,
    calls: Sequence[str],
    options: VerifyOptions,
    *,
    seconds: float,
    call_seconds: float,
    cover: bool,
    packages: bool,
    stop: StopLike | None,
) -> tuple[Seen, Seen, Seen]:
    """The original under two hash seeds and the changed version under a third, side by side."""
    jobs = ((before, 1, cover), (before, 2, False), (after, 3, cover))

    def one(job: tuple[str, int, bool]) -> Seen:
        source, hash_seed, covered = job
        return observe_version(
            source,
            function,
            calls,
            options,
            hash_seed=hash_seed,
            seconds=seconds,
            # A hash seed or a busy processor must not decide whether a call is late.
            call_seconds=call_seconds * (4 if source is after else 1),
            cover_seconds=seconds / 2 if covered else 0.0,
            packages=packages,
            stop=stop,
        )

    with ThreadPoolExecutor(3, "burnish-observer") as pool:
        first, second, third = pool.map(one, jobs)
    return first, second, third


def observe_again(
    before: str,
    function: str,
    call: str,
    options: VerifyOptions,
    *,
    seconds: float,
    call_seconds: float,
    stop: StopLike | None,
) -> list[Mapping[str, Any]]:
    """The original on one call in some more processes, the hash seed of the changed version among theirs."""

    def one(hash_seed: int) -> Seen:
        return observe_version(
            before,
            function,
            [call],
            options,
            hash_seed=hash_seed,
            seconds=seconds,
            call_seconds=call_seconds,
            packages=True,
            stop=stop,
        )

    with ThreadPoolExecutor(2, "burnish-observer") as pool:
        return [seen.observations[0] for seen in pool.map(one, (3, 4, 5, 6)) if seen.observations]


def compare(first: Seen, second: Seen, after: Seen, watched: frozenset[str]) -> Comparison:
    """Compare the original (seen twice) with the changed version."""
    for seen, what in ((first, "before"), (second, "before"), (after, "after")):
        if seen.failed:
            return Comparison(unstable=f"{what}: {seen.failed}", sandbox=first.sandbox)
    agreed: list[int] = []
    differences: list[Difference] = []
    skipped: dict[str, int] = {}
    returned = 0
    for index, (one, again, other) in enumerate(
        zip(first.observations, second.observations, after.observations, strict=True)
    ):
        ends = [str(observed.get("end", "")) for observed in (one, again, other)]
        if "impure" in ends:
            guilty = (one, again, other)[ends.index("impure")]
            return Comparison(unstable=f"it {_text(guilty.get('value'))}", sandbox=first.sandbox)
        if ends[0] not in COMPARABLE or ends[1] not in COMPARABLE:
            reason = next(e for e in ends[:2] if e not in COMPARABLE) or "cut"
            skipped[reason] = skipped.get(reason, 0) + 1
            continue
        moved = difference(dict(one), dict(again), watched)
        if moved is not None and same_exception(one, again):
            skipped["unstable"] = skipped.get("unstable", 0) + 1
            continue
        if moved is not None:
            why = f"the original does not give the same on the same input twice ({_PARTS.get(moved, moved)})"
            return Comparison(
                unstable=f"{why}: {_text(one.get('value'))} and {_text(again.get('value'))}",
                sandbox=first.sandbox,
            )
        if ends[2] in {"", "input"}:
            skipped[ends[2] or "cut"] = skipped.get(ends[2] or "cut", 0) + 1
            continue
        part = difference(dict(one), dict(other), watched)
        if part is not None:
            differences.append(Difference(index, part, one, other))
            continue
        agreed.append(index)
        returned += ends[0] == "returned"
    coverage = None
    if first.share is not None and after.share is not None:
        coverage = Coverage(round(first.share, 4), round(after.share, 4))
    return Comparison(tuple(agreed), returned, tuple(differences), "", skipped, coverage, first.sandbox)


_RAISED = re.compile(r"(?:#\d+=)?([\w.]+)\(")


def same_exception(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both raised the same class with other words: which of two bad values a set gives first hangs on their addresses."""
    names = [_RAISED.match(str(seen.get("value"))) for seen in (one, other) if seen.get("end") == "raised"]
    return len(names) == 2 and all(names) and len({name[1] for name in names if name}) == 1


_PARTS = {
    "end": "how it ends",
    "value": "its result",
    "args": "its arguments afterwards",
    "log": "how it uses its arguments",
    "out": "what it prints",
    "err": "what it prints to standard error",
    "globals": "the module's data",
    "again": "a second call",
}


def _text(value: Any) -> str:
    return str(value)[:120]
