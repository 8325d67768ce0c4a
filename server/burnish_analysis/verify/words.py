"""A verdict in words."""

from __future__ import annotations

from burnish_analysis.verify.model import Verdict, VerifyOptions
from burnish_analysis.verify.observers import Comparison

__all__ = ["evidence", "weakness"]

#: Fewer inputs than this prove little.
_FEW = 10


def weakness(found: Comparison, options: VerifyOptions) -> str:
    """Why agreement on these inputs is weak evidence; empty where it is not."""
    reasons = []
    if found.returned == 0:
        reasons.append("every input ends in the same exception")
    elif len(found.inputs) < _FEW:
        reasons.append(f"only {len(found.inputs)} inputs")
    if found.coverage is None:
        reasons.append("the branches taken are not known")
    else:
        low = min(found.coverage.before, found.coverage.after)
        if low < options.weak_below:
            reasons.append(f"only {low:.0%} of the branches were taken".replace("%", " %"))
    return "; ".join(reasons)


def evidence(verdict: Verdict) -> str:
    """The sentence users read, of an equivalence."""
    parts = [f"equivalent on {verdict.inputs} input{'s' if verdict.inputs != 1 else ''}"]
    if verdict.coverage is not None:
        low = min(verdict.coverage.before, verdict.coverage.after)
        parts[0] += f" ({int(100 * low)} % branches)"
    if verdict.speedup is not None:
        s = verdict.speedup
        word = "faster" if s.median >= 1 else "as fast"
        parts.append(f"{_times(s.median)}× {word} (95 % CI {_times(s.ci_low)}–{_times(s.ci_high)})")
    before, after = verdict.scaling.before, verdict.scaling.after
    if before is not None and after is not None:
        parts.append(f"slope {before:.1f} → {after:.1f}")
    if verdict.strength == "weak":
        parts.append(f"weak: {verdict.reason}")
    return ", ".join(parts)


def _times(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"
