"""What a verdict and the metrics say of a proposal: shown or dropped, and how much it gains."""

from __future__ import annotations

import difflib
import hashlib
import math

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.compare import Change, change
from burnish_analysis.verify.model import Speedup, Verdict
from burnish_server.rewrite.model import Kept, RefusedError, Wants
from burnish_server.rewrite.target import Target

__all__ = ["change_of", "diff_of", "judged"]

#: "Not slower": the medians over all and at the worst size may be this much lower for noise, if the interval reaches 1.
_NOT_SLOWER, _SLOWEST = 0.97, 0.9


def change_of(before: str, after: str, function: str) -> Change | None:
    """What becomes of complexity and maintainability; None where that cannot be told."""
    try:
        return change(before, after, function)
    except SourceError:
        return None


def judged(
    target: Target,
    after: str,
    verdict: Verdict,
    changed: Change | None,
    wants: Wants,
    *,
    sample: int,
    repaired: bool,
) -> Kept:
    """A proposal that is shown: the same on all inputs, tested well, and faster or simpler.

    Raises:
        RefusedError: it is not shown.
    """
    if verdict.verdict == "different":
        raise RefusedError("behaves differently", verdict.reason)
    if verdict.verdict != "equivalent":
        raise RefusedError("cannot be verified", verdict.reason)
    if verdict.strength != "tested":
        raise RefusedError("weakly tested", verdict.reason)
    faster = verdict.faster and verdict.speedup is not None
    simpler = changed is not None and changed.improves and _not_slower(verdict.speedup)
    if not (faster if wants == "faster" else simpler if wants == "simpler" else faster or simpler):
        raise RefusedError("no gain" if verdict.speedup is not None else "not measured", verdict.evidence)
    diff = diff_of(target.text.text, after, target.name)
    return Kept(
        key=hashlib.sha256(f"{target.name}\0{after}".encode("utf-8", "surrogatepass")).hexdigest()[:16],
        function=target.name,
        title=_title(target, verdict, changed, faster=faster, simpler=simpler),
        gain=f"{_number(verdict.speedup.median)}×" if faster and verdict.speedup is not None else "",
        before=target.text.text,
        after=after,
        diff=diff,
        verdict=verdict,
        change=changed if simpler else None,
        score=_gain(verdict, changed, faster=faster, simpler=simpler) / _size(diff),
        sample=sample,
        repaired=repaired,
    )


def diff_of(before: str, after: str, name: str) -> str:
    """A unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), name, f"{name} (proposed)", lineterm=""
    )
    return "\n".join(lines)


def _not_slower(speedup: Speedup | None) -> bool:
    """Whether it was measured, and is as fast at least, but for noise."""
    if speedup is None:
        return False
    return speedup.ci_high >= 1.0 and speedup.median >= _NOT_SLOWER and speedup.slowest >= _SLOWEST


def _gain(verdict: Verdict, changed: Change | None, *, faster: bool, simpler: bool) -> float:
    """Doublings of speed, by the interval's lower end, and the share of complexity that goes."""
    gain = 0.0
    if faster and verdict.speedup is not None:
        gain += math.log2(max(1.0, verdict.speedup.ci_low))
    if simpler and changed is not None:
        gain += 1 - changed.complexity_after / changed.complexity_before
    return gain


def _size(diff: str) -> int:
    """Lines that go and come."""
    lines = [line for line in diff.split("\n")[2:] if line[:1] in ("+", "-") and line[1:].strip()]
    return max(1, len(lines))


def _title(target: Target, verdict: Verdict, changed: Change | None, *, faster: bool, simpler: bool) -> str:
    parts = []
    if faster and verdict.speedup is not None:
        parts.append(f"{_number(verdict.speedup.median)}× faster")
    if simpler and changed is not None:
        parts.append(changed.words)
    return f"Rewrite `{target.own}`: {', '.join(parts)}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"
