"""The decision: an adapter is promoted only where it is clearly better and harms nothing.

Clearly better: of what the user writes, answers begin with more, or what would be shown is worth more (right ones less wrong
ones). The lower end of the interval of the paired difference is above 0, at 95 % for both together, against the base model
and against what is served today; and neither is clearly worse. Harm: general code becomes harder
to predict, syntax gets worse, answers get much shorter or longer, or slower. No clear gain, or too few places to be sure of one,
keeps what is served.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from burnish_training.gate.compare import Difference, paired_bootstrap
from burnish_training.gate.measures import Figures

__all__ = ["BLOCK", "GAINS", "LEAST_PLACES", "MOST_FORGOTTEN", "Comparison", "Decision", "Metric", "decide"]

#: How much harder general code may become: bits a byte, as a factor.
MOST_FORGOTTEN = 1.02
#: Mean length of answers, as a factor of the base model's.
LENGTH_DRIFT = (0.67, 1.5)
#: How much slower answers may become, as a factor.
MOST_SLOWER = 1.25
#: So many cases in a row are asked of one variant; times within such a run depend on each other.
BLOCK = 5
#: Stretches of code that the lines come from, at least: of fewer, all gain by chance more often than in 1 of 40 cases.
LEAST_PLACES = 6
#: Syntax may not become worse by more than this share of answers, even where few cases leave it unclear.
MOST_INVALID = 0.05


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure: its figures by variant, and the paired difference candidate − what is served today."""

    name: str
    title: str
    unit: str
    better: str
    base: float
    incumbent: float | None
    candidate: float
    difference: float
    ci_low: float
    ci_high: float
    verdict: str

    def as_json(self) -> dict[str, Any]:
        """Plain data, rounded."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {key: round(value, 5) if isinstance(value, float) else value for key, value in values.items()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything measured: figures of the same cases by variant (``base``, ``incumbent`` where there is one, ``candidate``),
    each case's cluster, and nats of each text of general code by variant with the texts' sizes in bytes."""

    figures: Mapping[str, Sequence[Figures]]
    clusters: Sequence[str]
    general_nats: Mapping[str, Sequence[float]]
    general_bytes: Sequence[int]
    resamples: int = 4000

    @property
    def today(self) -> str:
        """The variant that is served today."""
        return "incumbent" if "incumbent" in self.figures else "base"

    def values(self, variant: str, name: str) -> list[float]:
        """One figure of all cases."""
        return [float(getattr(figures, name)) for figures in self.figures[variant]]

    def mean(self, variant: str, name: str) -> float:
        """The mean of one figure over all cases."""
        return float(np.mean(self.values(variant, name)))

    def difference(self, name: str, against: str, tests: int = 1) -> Difference:
        """The paired difference of the candidate, at 95 % for so many tests together."""
        return paired_bootstrap(
            self.values(against, name),
            self.values("candidate", name),
            self.clusters,
            resamples=self.resamples,
            tests=tests,
        )

    def gain(self, name: str) -> tuple[Difference, Difference]:
        """The differences of one of :data:`GAINS` against what is served today and against the base model."""
        return self.difference(name, self.today, len(GAINS)), self.difference(name, "base", len(GAINS))

    def general(self, variant: str) -> float:
        """Bits a byte of general code."""
        return float(np.sum(self.general_nats[variant])) / float(np.log(2)) / max(1, sum(self.general_bytes))


@dataclass(frozen=True, slots=True)
class Decision:
    """``promoted`` or ``refused``, why in plain words, and all figures."""

    promoted: bool
    reason: str
    metrics: tuple[Metric, ...]
    cases: int

    def as_json(self) -> dict[str, Any]:
        """The report's ``gate``."""
        return {
            "cases": self.cases,
            "metrics": [metric.as_json() for metric in self.metrics],
            "decision": "promoted" if self.promoted else "refused",
            "reason": self.reason,
        }


#: The measures that an adapter may be promoted for.
GAINS = ("kept", "worth")
#: name, title, unit, better
_MEASURES = (
    ("kept", "Characters of your line it got right", "share", "higher"),
    ("exact", "Lines it got exactly right", "share", "higher"),
    ("similarity", "Likeness to what you wrote", "share", "higher"),
    ("shown", "Suggestions it would show", "share", "neither"),
    ("right", "Suggestions shown and exactly right", "share", "higher"),
    ("worth", "Worth of what is shown: right ones less wrong ones", "share", "higher"),
    ("repeats", "Repeats what you sent away", "share", "lower"),
    ("valid", "Suggestions with sound syntax", "share", "higher"),
    ("length", "Length of suggestions", "characters", "neither"),
    ("latency_ms", "Time to answer", "ms", "lower"),
)


def decide(comparison: Comparison) -> Decision:
    """Promote or refuse."""
    metrics = [_metric(comparison, *measure) for measure in _MEASURES]
    metrics.append(_general(comparison))
    harm = _harm(comparison)
    gains = {name: comparison.gain(name) for name in GAINS}
    gained = [name for name in GAINS if min(found.low for found in gains[name]) > 0]
    promoted = bool(gained) and not harm
    cases = len(comparison.clusters)
    if promoted:
        reason = _promoted(comparison, gained)
    elif harm:
        reason = f"Refused: {'; '.join(harm)}. What you had stays in use."
    else:
        reason = _no_gain(comparison, *gains["kept"])
    return Decision(promoted, reason, tuple(metrics), cases)


def _metric(comparison: Comparison, name: str, title: str, unit: str, better: str) -> Metric:
    found = comparison.difference(name, comparison.today)
    has_incumbent = "incumbent" in comparison.figures
    return Metric(
        name=name,
        title=title,
        unit=unit,
        better=better,
        base=comparison.mean("base", name),
        incumbent=comparison.mean("incumbent", name) if has_incumbent else None,
        candidate=comparison.mean("candidate", name),
        difference=found.value,
        ci_low=found.low,
        ci_high=found.high,
        verdict=_verdict(found, better),
    )


def _verdict(found: Difference, better: str) -> str:
    if found.low <= 0 <= found.high:
        return "no clear difference"
    if better == "neither":
        return "more" if found.low > 0 else "less"
    return "better" if (found.low > 0) == (better == "higher") else "worse"


def _general(comparison: Comparison) -> Metric:
    sizes = np.asarray(comparison.general_bytes, dtype=float) * np.log(2)
    before, after = (np.asarray(comparison.general_nats[v]) / sizes for v in (comparison.today, "candidate"))
    names = [str(number) for number in range(len(sizes))]
    found = paired_bootstrap(before.tolist(), after.tolist(), names, resamples=comparison.resamples)
    has_incumbent = "incumbent" in comparison.general_nats
    return Metric(
        name="general_bits",
        title="General Python, difficulty",
        unit="bits per byte",
        better="lower",
        base=comparison.general("base"),
        incumbent=comparison.general("incumbent") if has_incumbent else None,
        candidate=comparison.general("candidate"),
        difference=found.value,
        ci_low=found.low,
        ci_high=found.high,
        verdict=_verdict(found, "lower"),
    )


#: What is said where one of :data:`GAINS` got clearly worse.
_WORSE = {
    "kept": "it gets clearly less of your lines right",
    "worth": "what it would show is clearly more often wrong, or less often right",
}


def _harm(comparison: Comparison) -> list[str]:
    """Why the candidate must not serve whatever it gained, in plain words."""
    harm = []
    if (places := len(set(comparison.clusters))) < LEAST_PLACES:
        harm.append(
            f"its lines are from only {places} places, too few to be sure ({LEAST_PLACES} are needed)"
        )
    forgotten = comparison.general("candidate") / comparison.general("base")
    if not forgotten <= MOST_FORGOTTEN:  # also where it is no number
        harm.append(
            f"it knows general Python less well than before ({forgotten - 1:.1%} more bits a byte; "
            f"{MOST_FORGOTTEN - 1:.0%} are allowed)"
        )
    for name, words in _WORSE.items():
        against = [
            comparison.difference(name, variant) for variant in dict.fromkeys((comparison.today, "base"))
        ]
        if any(found.high < 0 for found in against) and any(
            comparison.gain(other)[0].low > 0 for other in GAINS if other != name
        ):
            harm.append(f"{words}, although it gained elsewhere")
    syntax = comparison.difference("valid", "base")
    if syntax.high < 0 or syntax.value < -MOST_INVALID:
        harm.append(f"more of its suggestions have broken syntax ({-syntax.value:.1%} of all lines)")
    base = max(comparison.mean("base", "length"), 1e-9)
    drift = comparison.mean("candidate", "length") / base
    if not LENGTH_DRIFT[0] <= drift <= LENGTH_DRIFT[1]:
        word = "shorter" if drift < 1 else "longer"
        harm.append(f"its suggestions are much {word} than before ({drift:.2f} times the length)")
    if (slower := _slower(comparison)) > MOST_SLOWER:
        harm.append(f"it answers clearly more slowly (at least {slower - 1:.0%})")
    return harm


def _slower(comparison: Comparison) -> float:
    """The lower end of the interval of the factor by which the candidate is slower than what is served today."""
    before = np.log(np.maximum(comparison.values(comparison.today, "latency_ms"), 1.0))
    after = np.log(np.maximum(comparison.values("candidate", "latency_ms"), 1.0))
    turns = [str(number // BLOCK) for number in range(len(before))]
    found = paired_bootstrap(before.tolist(), after.tolist(), turns, resamples=comparison.resamples)
    return float(np.exp(found.low))


def _promoted(comparison: Comparison, gained: Sequence[str]) -> str:
    today = comparison.today
    return (
        f"Promoted: on {len(comparison.clusters)} lines that it had never seen {' and '.join(_said(comparison, n) for n in gained)}. "
        f"{_shares(comparison, today, 'exact')} of the lines would be exactly right. General Python, syntax, length and speed stay "
        "within their limits."
    )


def _said(comparison: Comparison, name: str) -> str:
    """What was gained, in plain words."""
    gain = comparison.gain(name)[0]
    sure = f"(by {gain.low * 100:+.1f} to {gain.high * 100:+.1f} points, 97.5 % sure)"
    if name == "kept":
        return f"it got {_shares(comparison, comparison.today, name)} of your characters right {sure}"
    return (
        f"what it would show is worth more: right ones less wrong ones are {_shares(comparison, comparison.today, name)} of the lines "
        f"{sure}"
    )


def _shares(comparison: Comparison, before: str, name: str) -> str:
    return f"{comparison.mean('candidate', name):.1%} instead of {comparison.mean(before, name):.1%}"


def _no_gain(comparison: Comparison, gain: Difference, over_base: Difference) -> str:
    what = "what is served today" if comparison.today == "incumbent" else "the model without it"
    shown = gain
    if comparison.today == "incumbent" and gain.low > 0:
        what, shown = "the model without any adapter", over_base
    word = "worse than" if shown.high < 0 else "not clearly better than"
    return (
        f"Refused: on {len(comparison.clusters)} lines that it had never seen it was {word} {what} (characters of your lines it "
        f"got right: {shown.value * 100:+.1f} points, 97.5 % sure between {shown.low * 100:+.1f} and {shown.high * 100:+.1f}). "
        "What you had stays in use."
    )
