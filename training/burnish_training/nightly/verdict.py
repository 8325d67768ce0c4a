"""How a run ends."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A report's decision and reason; ``resumable``: the next run goes on with this one."""

    decision: str
    reason: str
    resumable: bool = False
