"""What is verified, within which bounds, and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from burnish_analysis.sandbox.model import LEAST_STRONG, Level

__all__ = [
    "Call",
    "Counterexample",
    "Coverage",
    "Origin",
    "Scaling",
    "Speedup",
    "Verdict",
    "VerifyOptions",
]

#: Where an input came from.
Origin = Literal["test", "doctest", "call", "hints", "use", "edge", "model"]


@dataclass(frozen=True, slots=True)
class Call:
    """One input.

    Attributes:
        source: a Python expression, evaluated in the module's namespace together with the helpers of
            ``inside/helpers.py`` (their names begin with ``_b_``), that gives ``(args: tuple, kwargs: dict)``. For a
            method ``args[0]`` is the instance. Evaluating it again gives fresh objects. Aliasing is written with the
            walrus: ``((_b_0 := [1], _b_0), {})``.
        origin: where it came from.
    """

    source: str
    origin: Origin = "edge"


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How a function is verified.

    Attributes:
        seconds: bound for the whole verdict, measurement included; it is usually there much sooner.
        inputs: how many inputs the two versions are compared on at most.
        seed: the seed of the generated inputs.
        path: folders the modules import from. They are readable inside the sandbox.
        module: the module's dotted name in the project (for relative imports); empty where unknown.
        calls: inputs known beforehand (captured from tests, proposed by a model); they come first.
        measure: whether equivalent versions are timed.
        least_level: where this machine cannot isolate so strongly, nothing is run.
        weak_below: branch coverage below which an equivalence is *weak*.
        trusted: False for a workspace the user does not trust: nothing is run.
    """

    seconds: float = 10.0
    inputs: int = 200
    seed: int = 0
    path: tuple[Path, ...] = ()
    module: str = ""
    calls: tuple[Call, ...] = ()
    measure: bool = True
    least_level: Level = LEAST_STRONG
    weak_below: float = 0.8
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of the branches of the function and its nested functions that the inputs took, 0 to 1."""

    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Speedup:
    """How many times faster the second version is.

    Attributes:
        median: median ratio of paired times (before / after). ci_low, ci_high: its 95 % bootstrap interval.
        pairs: how many pairs. slowest: the lowest median ratio at any input size.
    """

    median: float
    ci_low: float
    ci_high: float
    pairs: int
    slowest: float


@dataclass(frozen=True, slots=True)
class Scaling:
    """Slopes of time over input size, both logarithmic (1 = linear, 2 = quadratic); None where not measured."""

    before: float | None = None
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input on which the versions differ.

    Attributes:
        call: the call as users write it. before, after: what each version did, in words.
        source: Python that can be run on its own and shows the difference.
    """

    call: str
    before: str
    after: str
    source: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out.

    Attributes:
        verdict: ``equivalent`` means: on these inputs. strength: of an equivalence, else None.
        reason: why it is weak, different or unverifiable, in words; empty for a tested equivalence.
        inputs: how many inputs were compared. coverage: of both versions, where it was measured.
        counterexample: for ``different``. speedup, scaling: where measured.
        sandbox: label of the isolation level reached; empty where nothing ran.
        faster: whether the gain is certain enough to offer (lower bound above 1.10, no size below 0.95).
        evidence: the sentence that users read.
        seconds: how long the verdict took.
    """

    verdict: Literal["equivalent", "different", "unverifiable"]
    strength: Literal["tested", "weak"] | None = None
    reason: str = ""
    inputs: int = 0
    coverage: Coverage | None = None
    counterexample: Counterexample | None = None
    speedup: Speedup | None = None
    scaling: Scaling = field(default_factory=Scaling)
    sandbox: str = ""
    faster: bool = False
    evidence: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The JSON document of ``burnish verify --json``."""
        speedup, found = self.speedup, self.counterexample
        return {
            "verdict": self.verdict,
            "strength": self.strength,
            "reason": self.reason,
            "inputs": self.inputs,
            "coverage": self.coverage and {"before": self.coverage.before, "after": self.coverage.after},
            "counterexample": found
            and {"call": found.call, "before": found.before, "after": found.after, "source": found.source},
            "speedup": speedup
            and {
                "median": speedup.median,
                "ci_low": speedup.ci_low,
                "ci_high": speedup.ci_high,
                "pairs": speedup.pairs,
                "slowest": speedup.slowest,
            },
            "scaling": {"before": self.scaling.before, "after": self.scaling.after},
            "sandbox": self.sandbox,
            "faster": self.faster,
            "evidence": self.evidence,
            "seconds": round(self.seconds, 3),
        }
