"""What users read of a run, and of a version that it shows."""

from __future__ import annotations

from typing import Any

from burnish_server.rewrite.model import Kept, Outcome
from burnish_server.rewrite.target import Target

__all__ = ["explanation", "result_of", "run_words"]


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


def explanation(kept: Kept, *, changed: bool = False) -> str:
    """Markdown: why a version is better, with the evidence and what it changes.

    Args:
        changed: the file is not what it was when the version was proved.
    """
    verdict = kept.verdict
    parts = [f"# {kept.title}", f"A version of `{kept.function}` that a model proposed and Burnish proved."]
    if changed:
        parts.append(
            "The file has changed since. It is taken only where what was proved of it holds for the present text."
        )
    better = []
    if kept.gain and (speedup := verdict.speedup) is not None:
        better.append(
            f"Faster: {kept.gain} in the median at the largest input size (95 % CI {speedup.ci_low:.2f}–{speedup.ci_high:.2f}, "
            f"{speedup.pairs} pairs of measurements); at its slowest size {speedup.slowest:.2f}×."
        )
    if kept.change is not None:
        better.append(f"Simpler: {kept.change.words}.")
        if not kept.gain:
            better.append("It was measured, and is not slower.")
    known = [f"{verdict.evidence[:1].upper()}{verdict.evidence[1:].rstrip('.')}."]
    known.append("The same means: on these inputs.")
    if verdict.sandbox:
        known.append(f"Ran isolated: {verdict.sandbox}.")
    if kept.repaired:
        known.append(
            "It is a second attempt: the model was shown an input for which its first one was wrong. "
            "This one was judged like any other."
        )
    for heading, lines in (("Why it is better", better), ("Evidence", known)):
        parts += [f"## {heading}", "\n".join(f"- {line}" for line in lines)]
    return "\n\n".join([*parts, "## What it changes", _fenced(kept.diff)]) + "\n"


def _fenced(diff: str) -> str:
    fence = "```"
    while fence in diff:
        fence += "`"
    return f"{fence}diff\n{diff}\n{fence}"


def result_of(kept: Kept, target: Target) -> dict[str, Any]:
    """A version that is shown, as JSON. ``line`` is that of ``def``, from 0."""
    changed = kept.change
    return {
        "key": kept.key,
        "function": kept.function,
        "line": target.node.lineno - 1,
        "title": kept.title,
        "badge": "tested",
        "evidence": kept.verdict.evidence,
        "gain": kept.gain,
        "change": changed.words if changed is not None else "",
        "before": kept.before,
        "after": kept.after,
        "diff": kept.diff,
        "repaired": kept.repaired,
        "verdict": kept.verdict.as_dict(),
    }
