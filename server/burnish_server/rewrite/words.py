"""What users read of a run."""

from __future__ import annotations

from burnish_server.rewrite.model import Outcome

__all__ = ["run_words"]


def run_words(outcome: Outcome) -> str:
    """What came of a run, in a sentence."""
    shown = len(outcome.kept)
    words = (
        f"{shown} of {outcome.tried} versions proved better" if outcome.tried else "no version was proposed"
    )
    dropped = ", ".join(
        f"{number} {word}" for word, number in sorted(outcome.dropped.items(), key=lambda one: -one[1])
    )
    parts = [f"{words} in {outcome.seconds:.0f} s"]
    if dropped:
        parts.append(f"dropped: {dropped}")
    if outcome.cancelled:
        parts.append("cancelled")
    elif outcome.ended:
        parts.append(outcome.ended)
    return "; ".join(parts)
