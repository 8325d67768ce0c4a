"""A way to make a long or complex function simpler, in steps that each keep what it does: guard clauses first, then the densest
statements become functions of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burnish_analysis.errors import RefactoringError, SourceError
from burnish_analysis.metrics.compare import Change, change, complexity_of
from burnish_analysis.perf.fixing import apply_fix
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.analyse import refactorings_in
from burnish_analysis.refactor.blocks import as_method, extract_block
from burnish_analysis.refactor.border import Border, border
from burnish_analysis.refactor.dataflow import Function, own_nodes
from burnish_analysis.refactor.naming import name_of_block

__all__ = ["FLATTENING", "Plan", "Step", "function_named", "plan"]

#: The refactorings within a file that are tried first.
FLATTENING = frozenset({"guard-clause", "merge-nested-ifs", "remove-else-after-return"})
_MOST_STEPS = 12
_MOST_INPUTS, _MOST_OUTPUTS = 5, 3
_LEAST_COMPLEXITY = 3
_LONGEST_RUN = 15
_MOST_TRIED = 80
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        title: as users read it. refactoring: its id. before, after: the whole file. change: what it does to the figures.
        verify: whether it is to be verified before it is applied; where False the code alone shows that nothing changes.
    """

    title: str
    refactoring: str
    before: str
    after: str
    change: Change
    verify: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps that follow one another: the first one's ``before`` is the present text.

    Attributes:
        function: its dotted name. complexity_before, complexity_after: of that function alone.
        reason: why there are no steps (or no more), as a sentence; empty where the aim is reached.
    """

    function: str
    steps: tuple[Step, ...]
    complexity_before: int
    complexity_after: int
    reason: str = ""


def plan(source: str, function: str, path: str = "", *, below: int = 11) -> Plan:
    """Steps that bring a function's complexity below a threshold, as far as that goes.

    Args:
        function: dotted name, ``f``, ``Class.method`` or ``f.inner``. below: the complexity that is too high.

    Raises:
        SourceError: the text is not Python, or has no such function.
    """
    before = complexity_of(source, function).complexity
    steps: list[Step] = []
    text = source
    reason = ""
    while len(steps) < _MOST_STEPS:
        if complexity_of(text, function).complexity < below:
            break
        step = _flattened(text, function, path) or _extracted(text, function, path, below)
        if step is None:
            reason = "Nothing else can be taken out without changing what the function does."
            break
        steps.append(step)
        text = step.after
    after = complexity_of(text, function).complexity
    if not steps and not reason:
        reason = f"Its complexity is {before}, which is below {below} already."
    return Plan(function, tuple(steps), before, after, reason)


def function_named(module: Module, name: str) -> Function:
    """The function of a dotted name; the last one where it is defined again.

    Raises:
        SourceError: there is none.
    """
    found: list[ast.AST] = [module.tree]
    for part in name.split("."):
        found = [
            node
            for outer in found
            for node in _inside(outer)
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and node.name == part
        ]
    functions = [node for node in found if isinstance(node, _FUNCTIONS)]
    if not functions:
        raise SourceError(f"{module.path or 'The text'} has no function {name}.")
    return functions[-1]


def _inside(outer: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module, class or function, without those of definitions inside it."""
    yield from own_nodes(*getattr(outer, "body", []))


# Flattening --------------------------------------------------------------------------------------------------------------


def _flattened(source: str, function: str, path: str) -> Step | None:
    """A step that lowers nesting or complexity and raises neither, of those the code alone shows to be safe."""
    module = Module(source, path)
    node = function_named(module, function)
    start, end = module.start(node), module.end(node)
    for finding in refactorings_in(module, FLATTENING):
        fixable = finding.fix is not None and finding.certainty is Certainty.EXACT
        if not fixable or not start <= finding.start < finding.end <= end:
            continue
        step = _step(module, finding, function)
        if step is not None:
            return step
    return None


def _step(module: Module, finding: Finding, function: str) -> Step | None:
    after = apply_fix(module, finding)
    try:
        made = change(module.source, after, function)
    except SourceError:
        return None
    lower = made.complexity_after < made.complexity_before or made.nesting_after < made.nesting_before
    higher = made.complexity_after > made.complexity_before or made.nesting_after > made.nesting_before
    title = finding.fix.title if finding.fix else finding.message
    return Step(title, finding.rule, module.source, after, made, False) if lower and not higher else None


# Extraction --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive statements: what they would cost as a function, before and after looking at what crosses their border."""

    block: Sequence[ast.stmt]
    weight: int
    cost: float


def _extracted(source: str, function: str, path: str, below: int) -> Step | None:
    module = Module(source, path)
    node = function_named(module, function)
    whole = complexity_of(source, function).complexity
    runs = sorted(_runs(module, node, whole, below), key=lambda run: run.cost)[:_MOST_TRIED]
    known: list[tuple[float, _Run, Border]] = []
    for run in runs:
        crossing = _border(module, node, run.block)
        if crossing is not None:
            cost = run.cost + 0.4 * len(crossing.inputs) + 0.8 * len(crossing.outputs) + crossing.leaves
            known.append((cost, run, crossing))
    known.sort(key=lambda each: each[0])
    for _, run, crossing in known:
        step = _extraction(module, node, run.block, crossing, function)
        if step is not None:
            return step
    return None


def _extraction(
    module: Module, node: Function, block: Sequence[ast.stmt], crossing: Border, function: str
) -> Step | None:
    name = name_of_block(module, block, crossing.outputs)
    method = as_method(module, node)
    try:
        after = module.edited(extract_block(module, node, block, name, method=method).edits)
        made = change(module.source, after, function)
    except (RefactoringError, SourceError):
        return None
    if made.complexity_after >= made.complexity_before:
        return None
    lines = f"lines {block[0].lineno} to {block[-1].end_lineno}"
    kind = "extract-method" if method else "extract-function"
    return Step(f"Extract `{name}` ({lines})", kind, module.source, after, made, True)


def _border(module: Module, node: Function, block: Sequence[ast.stmt]) -> Border | None:
    if any(isinstance(part, (*_FUNCTIONS, ast.Lambda)) for part in own_nodes(*block)):
        return None
    names = [part for statement in block for part in ast.walk(statement)]
    if any(node.name in (getattr(part, "id", ""), getattr(part, "attr", "")) for part in names):
        return None  # it calls itself, and every call would take two frames of the stack
    try:
        found = border(module, node, block)
    except RefactoringError:
        return None
    fits = len(found.inputs) <= _MOST_INPUTS and len(found.outputs) <= _MOST_OUTPUTS
    return found if fits and not found.asynchronous else None


def _runs(module: Module, node: Function, whole: int, below: int) -> Iterator[_Run]:
    for block in _blocks(node):
        weights = [_weight(statement) for statement in block]
        for first in range(len(block)):
            weight = 0
            for last in range(first, min(first + _LONGEST_RUN, len(block))):
                weight += weights[last]
                run = block[first : last + 1]
                if weight + 1 < _LEAST_COMPLEXITY or weights[first] + weights[last] == 0:
                    continue
                if block is node.body and len(run) >= len(_without_docstring(node.body)):
                    continue
                high = max(whole - weight, weight + 1) + max(0, weight + 1 - (below - 1))
                yield _Run(run, weight, high + _breaks(module, block, first, last))


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if documented and isinstance(first.value.value, str) else body  # type: ignore[attr-defined]


def _breaks(module: Module, block: list[ast.stmt], first: int, last: int) -> float:
    """How much a run of statements goes against the paragraphs that blank lines and comments make."""
    cost = 0.0
    above = module.line_start(module.start(block[first]))
    line = module.source[module.line_start(above - 1) : above].strip() if above else ""
    if first and line and not line.startswith("#"):
        cost += 0.5
    if line.startswith("#"):
        cost -= 0.5
    if last + 1 < len(block):
        below = module.source[module.line_end(module.end(block[last])) :]
        cost += 0.0 if below.split("\n", 1)[0].strip() == "" else 0.5
    return cost


def _blocks(node: Function) -> Iterator[list[ast.stmt]]:
    for part in [node, *own_nodes(*node.body)]:
        if part is not node and isinstance(part, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            continue
        for name in ("body", "orelse", "finalbody"):
            block = getattr(part, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _weight(statement: ast.stmt) -> int:
    """What a statement adds to a function's complexity, by radon's count."""
    found = 0
    for node in own_nodes(statement):
        match node:
            case ast.If() | ast.IfExp() | ast.Assert() | ast.Lambda():
                found += 1
            case ast.For() | ast.AsyncFor() | ast.While():
                found += 1 + bool(node.orelse)
            case ast.Try() | ast.TryStar():
                found += len(node.handlers) + bool(node.orelse)
            case ast.BoolOp():
                found += len(node.values) - 1
            case ast.comprehension():
                found += 1 + len(node.ifs)
            case ast.Match():
                found += len(node.cases)
    return found
