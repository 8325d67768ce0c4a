"""Apply fixes to a text until none is left: they never overlap, bring their imports, and the result parses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from burnish_analysis.errors import SourceError
from burnish_analysis.perf.analyse import findings_in
from burnish_analysis.perf.model import Certainty, Edit, Finding, Fix, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings

__all__ = [
    "Applied",
    "FixResult",
    "apply_fix",
    "apply_fixes",
    "apply_found",
    "exact_only",
    "fix_edits",
    "unified_diff",
]

#: One fix may make another possible, and a round changes a function only once. This is far beyond what any file needs.
_MOST_ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Applied:
    """A fix and what it did: the text before and after it alone."""

    finding: Finding
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FixResult:
    """The text with every chosen fix in it, and the fixes in the order they were applied."""

    source: str
    applied: tuple[Applied, ...]


def exact_only(finding: Finding, _module: Module) -> bool:
    """Choose what was shown to behave the same."""
    return finding.certainty is Certainty.EXACT


def apply_fixes(
    source: str,
    path: str = "",
    settings: PerfSettings | None = None,
    choose: Callable[[Finding, Module], bool] = exact_only,
    failed: Callable[[Rule, Exception], None] | None = None,
) -> FixResult:
    """Apply chosen fixes, one round after another, until a round changes nothing.

    Args:
        choose: whether to apply a finding's fix to the text as it is now.
        failed: told of a rule that fails; without it the exception goes on.

    Raises:
        SourceError: the text is not Python.
    """
    return apply_found(source, path, lambda module: findings_in(module, settings, failed), choose)


def apply_found(
    source: str,
    path: str,
    find: Callable[[Module], list[Finding]],
    choose: Callable[[Finding, Module], bool] = exact_only,
) -> FixResult:
    """Apply chosen fixes of whatever ``find`` finds, as :func:`apply_fixes` does.

    Raises:
        SourceError: the text is not Python.
    """
    applied: list[Applied] = []
    refused: set[tuple[str, str, str]] = set()
    seen = {source}
    module = Module(source, path)
    for _ in range(_MOST_ROUNDS):
        chosen = [
            finding
            for finding in find(module)
            if finding.fix is not None and _key(finding, module) not in refused and choose(finding, module)
        ]
        if not chosen:
            break
        batch = _apart(chosen, module)
        try:
            changed = Module(_edited(module, [finding.fix for finding in batch if finding.fix]), path)
        except SourceError:
            # One of them breaks the file: they are tried one by one.
            batch, changed = _one_by_one(batch, module, path, refused)
        if batch and changed.source in seen:
            break  # rules that undo each other
        seen.add(changed.source)
        applied.extend(Applied(finding, module.source, apply_fix(module, finding)) for finding in batch)
        module = changed
    return FixResult(module.source, tuple(applied))


def _one_by_one(
    batch: list[Finding], module: Module, path: str, refused: set[tuple[str, str, str]]
) -> tuple[list[Finding], Module]:
    """The first fix that leaves Python, alone, and what it makes of the module; no fix and the same module anew where none does."""
    for finding in batch:
        try:
            return [finding], Module(apply_fix(module, finding), path)
        except SourceError:
            refused.add(_key(finding, module))
    return [], Module(module.source, path)


def _key(finding: Finding, module: Module) -> tuple[str, str, str]:
    return finding.rule, finding.function, module.source[finding.start : finding.end]


def _span(fix: Fix) -> tuple[int, int]:
    return min(edit.start for edit in fix.edits), max(edit.end for edit in fix.edits)


def _apart(findings: Iterable[Finding], module: Module) -> list[Finding]:
    """Of findings in source order, as many as share no line and no function."""
    taken: list[tuple[int, int]] = []
    names: set[str] = set()
    chosen = []
    for finding in findings:
        if finding.fix is None:
            continue
        start, end = _span(finding.fix)
        start, end = module.line_start(start), module.line_end(max(start, end - 1))
        if any(start < other_end and other_start < end for other_start, other_end in taken):
            continue
        # Two fixes in one function may have chosen the same new name.
        if finding.function and finding.function in names:
            continue
        names.add(finding.function)
        taken.append((start, end))
        chosen.append(finding)
    return chosen


def apply_fix(module: Module, finding: Finding) -> str:
    """The module's text with one finding's fix, its line ends kept.

    Raises:
        ValueError: the finding has no fix.
    """
    if finding.fix is None:
        raise ValueError(f"{finding.rule} has no fix here")
    return _edited(module, [finding.fix])


def fix_edits(module: Module, finding: Finding) -> list[Edit]:
    """Every edit of a finding's fix, the imports it needs included, with the texts as they come to stand in the file."""
    return module.written(_all_edits(module, [finding.fix])) if finding.fix is not None else []


def _edited(module: Module, fixes: list[Fix]) -> str:
    return module.edited(_all_edits(module, fixes))


def _all_edits(module: Module, fixes: list[Fix]) -> list[Edit]:
    edits = [edit for fix in fixes for edit in fix.edits]
    added: dict[str, None] = {}
    for fix in fixes:
        for needed in fix.imports:
            statement = module.imports.needed(needed.module, needed.name)
            if statement is not None:
                added[statement] = None
    if added:
        place = module.import_place()
        # An import is put before whatever else changes there.
        edits.insert(0, Edit(place, place, "".join(f"{statement}\n" for statement in added)))
    return edits


#: Lines as ``diff`` and ``patch`` count them: a form feed or a lone carriage return ends none.
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def unified_diff(before: str, after: str, path: str) -> str:
    """The difference as ``diff -u`` writes it."""
    lines = difflib.unified_diff(_LINE.findall(before), _LINE.findall(after), f"a/{path}", f"b/{path}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
