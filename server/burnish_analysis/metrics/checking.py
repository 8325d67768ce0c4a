"""The checker of ``burnish check`` that tells of figures above thresholds.

radon takes several times as long for a file as all performance rules do, so each figure is made only where a bound that is
quickly made from the tree leaves room for it to be above its threshold. What is told is the same.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.bounds import DECISIONS, could_be_low
from burnish_analysis.metrics.drivers import drivers_of, points_of, told
from burnish_analysis.metrics.limits import complex_sentence, low_sentence, nested_sentence
from burnish_analysis.metrics.measure import measure
from burnish_analysis.metrics.pieces import DEEPER, nesting_of
from burnish_analysis.metrics.rules import COMPLEX, METRIC_RULES, NESTED, UNMAINTAINABLE
from burnish_analysis.metrics.settings import MetricSettings, metric_settings_at
from burnish_analysis.perf.files import Problem, SourceFile
from burnish_analysis.perf.ignoring import not_ignored
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.report.items import Item
from burnish_analysis.perf.report.places import Places
from burnish_analysis.perf.settings import PerfSettings, Severity

if TYPE_CHECKING:
    from burnish_analysis.perf.checking import CheckOptions, Tell
    from burnish_analysis.perf.module import Module

__all__ = ["metric_items"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def metric_items(
    file: SourceFile, module: Module, settings: PerfSettings, options: CheckOptions, tell: Tell
) -> Iterator[Item]:
    """What the figures of a file say. With only exact fixes asked for, nothing: no fix comes with them.

    The maintainability index takes longer than everything else together, so it is worked out only where a project has a threshold
    for it or its rule is selected.
    """
    on = {rule for rule in METRIC_RULES if settings.on(rule, default=True)}
    if not on or options.exact_only:
        return
    limits = metric_settings_at(settings.root)
    found = [finding for finding in _functions(module, limits) if finding.rule in on]
    if not settings.select and "maintainability" not in limits.asked:
        on.discard(UNMAINTAINABLE)
    if UNMAINTAINABLE in on and could_be_low(module, limits.maintainability):
        try:
            found += _file(file.text, module, limits)
        except SourceError as error:
            tell(Problem(str(file.path), f"{file.path}: no maintainability index. {error}", harmless=True))
    places = Places(module)
    for finding in not_ignored(module, found):
        yield Item(
            rule=finding.rule,
            kind="metric",
            path=module.path,
            range=places.range(finding.start, finding.end),
            message=finding.message,
            fixable=False,
            severity=settings.severity.get(finding.rule, Severity.HINT),
            column=places.column(finding.start),
            function=finding.function,
            fingerprint="\0".join((finding.rule, finding.function)),
        )


def _functions(module: Module, limits: MetricSettings) -> Iterator[Finding]:
    """Findings about functions; each spans its function, so that a change anywhere in it is a change of it."""
    points: Counter[ast.AST] = Counter()
    blocks: Counter[ast.AST] = Counter()
    for kind in {*DECISIONS, *DEEPER}:
        for node in module.structure.nodes.get(kind, ()):
            around = next((outer for outer in module.ancestors(node) if isinstance(outer, _FUNCTIONS)), None)
            if around is not None:
                points[around] += points_of(node)
                blocks[around] += isinstance(node, DEEPER)
    for node in (node for kind in _FUNCTIONS for node in module.structure.nodes.get(kind, ())):
        assert isinstance(node, _FUNCTIONS)
        name = _dotted(module, node)
        if limits.complexity and 1 + points[node] >= limits.complexity:
            found = drivers_of(node)
            complexity = 1 + sum(driver.points for driver in found)
            if complexity >= limits.complexity:
                said = complex_sentence(name, complexity, limits.complexity, told(found))
                yield _finding(module, COMPLEX, node, said, name)
        if limits.nesting and blocks[node] >= limits.nesting and (deep := nesting_of(node)) >= limits.nesting:
            yield _finding(module, NESTED, node, nested_sentence(name, deep, limits.nesting), name)


def _file(text: str, module: Module, limits: MetricSettings) -> Iterator[Finding]:
    metrics = measure(text)
    if metrics.mi < limits.maintainability:
        start = module.starts[0]
        said = low_sentence(metrics, limits.maintainability)
        yield Finding(UNMAINTAINABLE, start, len(text), said, Certainty.EXACT)


def _finding(module: Module, rule: str, node: _Function, message: str, name: str) -> Finding:
    return Finding(rule, module.start(node), module.end(node), message, Certainty.EXACT, function=name)


def _dotted(module: Module, node: _Function) -> str:
    around = [outer for outer in module.ancestors(node) if isinstance(outer, (*_FUNCTIONS, ast.ClassDef))]
    return ".".join(outer.name for outer in (*reversed(around), node))
