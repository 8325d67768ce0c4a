"""Measuring documents again and again, in the analyser's process. Only that process imports this."""

from __future__ import annotations

import ast
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.drivers import Driver, drivers_of, told
from burnish_analysis.metrics.incremental import Measurer, normal, parsed
from burnish_analysis.metrics.limits import complex_sentence, exceeded
from burnish_analysis.metrics.model import Block, FileMetrics
from burnish_analysis.metrics.rules import COMPLEX, METRIC_RULES
from burnish_analysis.metrics.settings import MetricSettings, metric_settings_at
from burnish_analysis.perf.ignoring import not_ignored
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.settings import PerfSettings, find_settings
from burnish_analysis.perf.text import SourceText
from burnish_server.metrics.model import Decision, FileFigures, Function, Limits, Measured, Told

__all__ = ["Measuring"]

#: Documents whose measures are kept.
_KEPT = 32
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BODIES = ("body", "handlers", "orelse", "finalbody", "cases")
_SPACE = r"(?:[ \t\f]|\\(?:\r\n|\r|\n))+"
_NAME = re.compile(rf"(?:async{_SPACE})?def{_SPACE}(\w+)")


class Measuring:
    """Keeps what was measured of the documents that were asked about last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Measurer] = OrderedDict()

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Carry out ``{"document", "path", "text", "limits"}``."""
        settings = find_settings(Path(message["path"]).parent) if message["path"] else PerfSettings()
        problems = tuple(metric_settings_at(settings.root).problems)
        if message["path"] and settings.excluded(Path(message["path"])):
            return Measured(problems=problems).as_json()
        limits = _limits(settings, Limits(**message["limits"]))
        try:
            measured = self._measured(message["document"], message["text"], settings, limits)
        except (SourceError, RecursionError):
            return Measured(broken=True, problems=problems).as_json()
        return replace(measured, problems=problems).as_json()

    def _measured(self, document: str, text: str, settings: PerfSettings, limits: MetricSettings) -> Measured:
        measurer = self._kept.setdefault(document, Measurer())
        self._kept.move_to_end(document)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        metrics = measurer.measure(text)
        source = SourceText(text)
        nodes = {(node.lineno, node.col_offset): node for node in _functions_in(parsed(normal(text)))}
        pairs = [(block, nodes[block.line, block.column]) for block in metrics.functions]
        drivers = {id(block): drivers_of(node) for block, node in pairs}
        functions = tuple(_function(source, block, node, drivers[id(block)], limits) for block, node in pairs)
        found = _told(
            metrics,
            settings,
            limits,
            source,
            {id(block): one for block, one in zip(metrics.functions, functions, strict=True)},
            drivers,
        )
        file = FileFigures(metrics.mi, metrics.mi_rank, metrics.total_complexity, metrics.raw.sloc)
        return Measured(functions, found, file)


def _limits(settings: PerfSettings, own: Limits) -> MetricSettings:
    """The user's thresholds where they are set, else the project's."""
    project = metric_settings_at(settings.root)
    return MetricSettings(
        project.complexity if own.complexity is None else own.complexity,
        project.nesting if own.nesting is None else own.nesting,
        project.maintainability if own.maintainability is None else own.maintainability,
    )


def _functions_in(tree: ast.Module) -> Iterator[_Function]:
    # Without recursion: a chain of a thousand "elif" is deep.
    stack: list[ast.AST] = [tree]
    while stack:
        here = stack.pop()
        if isinstance(here, _FUNCTIONS):
            yield here
        for name in _BODIES:
            found = getattr(here, name, ())
            if isinstance(found, list):
                stack += found


def _function(
    source: SourceText, block: Block, node: _Function, drivers: list[Driver], limits: MetricSettings
) -> Function:
    first, last = source.start(node), source.end(node)
    name = _NAME.match(source.source, first)
    start, end = name.span(1) if name else (first, first)
    reached = []
    if limits.complexity and block.complexity >= limits.complexity:
        reached.append(("complexity", limits.complexity))
    if limits.nesting and block.nesting >= limits.nesting:
        reached.append(("nesting", limits.nesting))
    return Function(
        name=block.name,
        start=start,
        end=end,
        first=first,
        last=last,
        complexity=block.complexity,
        rank=block.rank,
        nesting=block.nesting,
        lines=(node.end_lineno or node.lineno) - node.lineno + 1,
        effort=block.halstead.effort if block.halstead else 0.0,
        limits=tuple(reached),
        decisions=tuple(
            Decision(source.offset(one.line, one.column), one.what, one.points, one.nesting)
            for one in drivers
        ),
    )


def _told(
    metrics: FileMetrics,
    settings: PerfSettings,
    limits: MetricSettings,
    source: SourceText,
    functions: dict[int, Function],
    drivers: dict[int, list[Driver]],
) -> tuple[Told, ...]:
    """What stands beyond a threshold, as ``burnish check`` tells it, but for what a comment silences."""
    found: list[Finding] = []
    places: list[tuple[int, int]] = []
    for one in exceeded(metrics, limits):
        if one.rule not in METRIC_RULES or not settings.on(one.rule, default=True):
            continue
        if one.block is None:
            start = source.starts[0]
            end = source.line_end(start)
            found.append(Finding(one.rule, start, len(source.source), one.message, Certainty.EXACT))
            places.append((start, len(source.source[:end].rstrip("\r\n"))))
            continue
        function, message = functions[id(one.block)], one.message
        if one.rule == COMPLEX:
            words = told(drivers[id(one.block)])
            message = complex_sentence(one.block.name, one.block.complexity, limits.complexity, words)
        found.append(Finding(one.rule, function.first, function.last, message, Certainty.EXACT))
        places.append((function.start, function.end))
    where = {id(finding): place for finding, place in zip(found, places, strict=True)}
    return tuple(
        Told(
            one.rule,
            *where[id(one)],
            one.message,
            severity.value if (severity := settings.severity.get(one.rule)) else "",
        )
        for one in not_ignored(source, found)
    )
