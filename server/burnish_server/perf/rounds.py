"""Several fixes of a text at once: applied in rounds, because one may make another possible, or impossible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from burnish_analysis.verify.model import Verdict
from burnish_server.documents import SourceText
from burnish_server.perf.held import Held
from burnish_server.perf.look import Look
from burnish_server.perf.model import Found
from burnish_server.perf.service import PerfService

__all__ = ["Fixed", "fixed_in_rounds"]

_MOST_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Fixed:
    """What came of it: the new text with what is still found in it, and the rules that were applied."""

    look: Look
    rules: tuple[str, ...]


async def fixed_in_rounds(
    perf: PerfService, look: Look, good: Callable[[Found, Verdict | None], bool]
) -> Fixed:
    """Apply the fixes that are good, knowing what is known of them; nothing is verified for it.

    Where a verdict speaks against a fix, that rule leaves the function alone in later rounds, too: for the changed text there is
    no verdict, and what was wrong with it may still be.

    Raises:
        AnalyserError: a round could not be made.
    """
    present, applied = look, list[str]()
    barred: set[tuple[str, str]] = set()
    for _ in range(_MOST_ROUNDS):
        chosen, refused = await _chosen(perf, present, good, barred)
        barred |= refused
        text, rules = present.source.text, list[str]()
        if chosen:
            text, rules = await perf.process.fix(look.path, text, chosen)
        if not rules:
            break
        applied += rules
        analysis = await perf.process.find(look.path, text)
        held = tuple(Held(found, found.start, found.end) for found in analysis.findings)
        present = Look(SourceText(text), look.version, look.path, held, analysis.broken)
    return Fixed(present, tuple(applied))


async def _chosen(
    perf: PerfService,
    look: Look,
    good: Callable[[Found, Verdict | None], bool],
    barred: set[tuple[str, str]],
) -> tuple[list[str], set[tuple[str, str]]]:
    """The keys of the good fixes, and the rules and functions that a verdict speaks against."""
    chosen, refused = list[str](), set[tuple[str, str]]()
    for found in perf.rank(look):
        name = found.rule, found.function
        if not found.fixable or name in barred:
            continue
        verdict = await perf.verdicts.recall(perf.job(look, found)) if found.function else None
        if good(found, verdict):
            chosen.append(found.key)
        elif verdict is not None:
            refused.add(name)
    return chosen, refused
