"""Judge fixes by their verification."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from burnish_analysis.perf.catalogue import all_rules
from burnish_analysis.perf.fixing import apply_fix
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.report.places import Places
from burnish_analysis.verify.model import Verdict

__all__ = ["Judge", "Verifier", "objection"]


class Verifier(Protocol):
    """Compares two versions of a file's function."""

    def __call__(self, path: Path, before: str, after: str, function: str) -> Verdict:
        """The verdict on ``function`` (a dotted name) of two texts of the file at ``path``."""


class Judge:
    """Accepts a fix by its verdict. Each change of a function is verified once, whatever else changes in the file.

    Args:
        telling: told in words what is being verified.
    """

    def __init__(self, path: Path, verifier: Verifier, telling: Callable[[str], None] | None = None) -> None:
        self._path = path
        self._verifier = verifier
        self._telling = telling
        self._verdicts: dict[tuple[object, ...], Verdict] = {}
        self._given: dict[tuple[Finding, str], Verdict] = {}
        self._module: Module | None = None
        self._changed: set[str] = set()

    def __call__(self, finding: Finding, module: Module) -> bool:
        """Whether a finding's fix is good to apply to a text."""
        if module is not self._module:
            self._module, self._changed = module, set()
        if finding.function in self._changed:
            # One fix for each function and round: the next one is verified on what this one leaves.
            return False
        key = _change(finding, module)
        if key not in self._verdicts:
            self._verdicts[key] = self._verify(finding, module)
        verdict = self._given[finding, module.source] = self._verdicts[key]
        accepted = not objection(finding, verdict)
        if accepted and finding.function:
            self._changed.add(finding.function)
        return accepted

    def verdict(self, finding: Finding, source: str) -> Verdict | None:
        """What came out for a finding in a text."""
        return self._given.get((finding, source))

    def _verify(self, finding: Finding, module: Module) -> Verdict:
        if not finding.function:
            return Verdict("unverifiable", reason="it stands outside any function")
        if self._telling is not None:
            line = Places(module).of(finding.start).line + 1
            self._telling(f"{self._path}:{line} {finding.rule}")
        return self._verifier(self._path, module.source, apply_fix(module, finding), finding.function)


def _change(finding: Finding, module: Module) -> tuple[object, ...]:
    """What a fix changes in which function, the same wherever that stands in the file."""
    start, end = finding.start, finding.end
    for kind in (ast.FunctionDef, ast.AsyncFunctionDef):
        for node in module.structure.nodes.get(kind, ()) if finding.function else ():
            if module.start(node) <= finding.start and finding.end <= module.end(node):
                start, end = min(start, module.start(node)), max(end, module.end(node))
    # Not the texts: a name that is new to the whole file depends on what else has been fixed.
    spans = tuple((edit.start - start, edit.end - start) for edit in finding.fix.edits) if finding.fix else ()
    return finding.rule, finding.function, module.source[start:end], spans


def objection(finding: Finding, verdict: Verdict | None) -> str:
    """Why a fix is not applied after its verification; empty where it is."""
    if verdict is None:
        return "it was not verified"
    if verdict.verdict == "different":
        example = verdict.counterexample
        return "it behaves differently" + (
            f": {example.call} gives {example.before}, then {example.after}" if example else ""
        )
    slower = verdict.speedup is not None and verdict.speedup.ci_high < 1
    if finding.certainty is Certainty.EXACT:
        return "it was measured to be slower" if slower else ""
    if verdict.verdict == "unverifiable":
        return f"it cannot be verified: {verdict.reason}"
    if verdict.strength != "tested":
        return f"it is only weakly tested: {verdict.reason}"
    if finding.rule not in all_rules():
        # A refactoring need not be faster.
        return "it was measured to be slower" if slower else ""
    return "" if verdict.faster else "it was not measured to be faster"
