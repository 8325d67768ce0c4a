"""What is worth suggesting unasked: refactorings after which a complex function is measurably simpler, and by how much."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.compare import Change, change
from burnish_analysis.metrics.pieces import nesting_of
from burnish_analysis.metrics.visitors import visit
from burnish_analysis.perf.fixing import apply_fix
from burnish_analysis.perf.model import Certainty, Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.analyse import refactorings_in
from burnish_analysis.refactor.catalogue import all_refactorings
from burnish_analysis.refactor.complexities import LEAST_NESTING, may_be_complex
from burnish_analysis.refactor.settings import RefactorSettings

__all__ = ["Suggestion", "suggested"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A refactoring with its fix, and what the fix alone does to its function and the file."""

    finding: Finding
    change: Change


def suggested(
    module: Module,
    settings: RefactorSettings | None = None,
    names: frozenset[str] | None = None,
    failed: Callable[[Rule, Exception], None] | None = None,
) -> list[Suggestion]:
    """The exact refactorings of a module whose fix makes a function simpler that needs it, in source order.

    Args:
        names: only these refactorings; all where None. Those that are a matter of taste are left out in any case, unless they are
            selected in the settings. failed: told of a refactoring that fails; without it the exception goes on.
    """
    settings = settings or RefactorSettings()
    wanted = frozenset(
        rule.id
        for rule in all_refactorings().values()
        if (names is None or rule.id in names) and settings.on(rule.id, default=rule.suggest)
    )
    functions = _complex_functions(module, settings)
    if not wanted or not functions:
        return []
    made = []
    for finding in refactorings_in(module, wanted, failed):
        function = functions.get(finding.function)
        if finding.fix is None or finding.certainty is not Certainty.EXACT or function is None:
            continue
        if not _may_help(module, finding, function):
            continue
        try:
            difference = change(module.source, apply_fix(module, finding), finding.function)
        except SourceError:
            continue  # the function is named otherwise for radon, or the result could not be read
        if difference.improves:
            made.append(Suggestion(finding, difference))
    return made


def _complex_functions(module: Module, settings: RefactorSettings) -> Mapping[str, list[ast.stmt]]:
    """The definitions by the dotted name that findings in them have, of those that are complex enough."""
    found: dict[str, list[ast.stmt]] = {}
    names = may_be_complex(module, settings.suggest_from)
    for kind in _FUNCTIONS if names else ():
        for node in module.structure.nodes.get(kind, ()):
            if isinstance(node, _FUNCTIONS) and module.function(node) is None:
                name = module.dotted_function(node)
                if name in names:
                    found.setdefault(name, []).append(node)
    return {
        name: nodes
        for name, nodes in found.items()
        if any(
            _complexity(node) >= settings.suggest_from or nesting_of(node) >= LEAST_NESTING for node in nodes
        )
    }


def _may_help(module: Module, finding: Finding, functions: list[ast.stmt]) -> bool:
    """Whether the fix lowers the complexity of the function, read alone: that is quick to tell, and most fixes do not."""
    assert finding.fix is not None  # the caller asks for it
    function = next((one for one in functions if module.start(one) <= finding.start <= module.end(one)), None)
    if function is None:
        return False
    start, end = module.line_start(module.start(function)), module.line_end(module.end(function))
    edits = module.written(finding.fix.edits)
    if module.indent(function) is None or edits[0].start < start or edits[-1].end > end:
        return True
    parts: list[str] = []
    at = start
    for edit in edits:
        parts += (module.source[at : edit.start], edit.text)
        at = edit.end
    text = "".join([*parts, module.source[at:end]])
    try:
        tree = ast.parse(f"if 1:\n{text}" if text[:1].isspace() else text)
    except (SyntaxError, ValueError):
        return False
    node = tree.body[0].body[0] if isinstance(tree.body[0], ast.If) else tree.body[0]
    return _complexity(node) < _complexity(function)


def _complexity(function: ast.stmt) -> int:
    return sum(int(one.complexity) for one in visit(function).functions)
