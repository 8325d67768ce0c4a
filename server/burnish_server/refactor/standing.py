"""What is known of a change: a verdict, and where the code could not be run, what its structure shows."""

from __future__ import annotations

from dataclasses import dataclass

from burnish_analysis.verify.model import Verdict

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a change.

    Attributes:
        verdict: of verification; None: not verified. same: whether both versions take the same steps on every path, where
            that was looked at because nothing could be run. reason: why that could not be shown.
    """

    verdict: Verdict | None = None
    same: bool = False
    reason: str = ""
