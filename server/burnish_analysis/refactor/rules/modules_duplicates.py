"""The same statements in two functions: one function for both."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar
from weakref import WeakKeyDictionary

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import block, moved
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import offer
from burnish_analysis.refactor.rules.modules_flow import Flowing, flowing

__all__ = ["DuplicateToHelper"]

_LEAST_STATEMENTS, _LEAST_NODES = 3, 16
_LONGEST_NAME = 30
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class _Run:
    """Statements in a row of one function."""

    function: ast.FunctionDef
    statements: tuple[ast.stmt, ...]


class DuplicateToHelper(Refactoring):
    """The same run of statements twice in a module."""

    id = "duplicate-to-helper"
    kind: ClassVar[str] = "refactor.extract.function"
    about = About(
        summary="The same statements stand in two functions",
        before="""\
def report(rows: list[int]) -> str:
    total = sum(rows)
    count = len(rows)
    mean = total / count if count else 0
    return f"{mean} of {total}"


def show(rows: list[int]) -> None:
    total = sum(rows)
    count = len(rows)
    mean = total / count if count else 0
    print(mean)
""",
        after="""\
def _total_and_mean(rows):
    total = sum(rows)
    count = len(rows)
    mean = total / count if count else 0
    return total, mean


def report(rows: list[int]) -> str:
    total, mean = _total_and_mean(rows)
    return f"{mean} of {total}"


def show(rows: list[int]) -> None:
    total, mean = _total_and_mean(rows)
    print(mean)
""",
        why="What stands twice must be changed twice, and one day is changed once. A function also gives it a name.",
        preconditions=(
            "what the statements read has a value in both functions, and what is used after them is set in any case",
            "nothing in them looks at the function that it stands in",
        ),
        references=("https://refactoring.com/catalog/extractFunction.html",),
    )
    nodes = (ast.FunctionDef,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At functions in which such statements begin."""
        pairs = _KNOWN.get(module)
        if pairs is None:
            pairs = _KNOWN[module] = _pairs(module)
        for one, other in pairs:
            if one.function is node or other.function is node:
                yield from self._found(one, other, one if one.function is node else other, module)

    def _found(self, one: _Run, other: _Run, here: _Run, module: Module) -> Iterator[Finding]:
        first, second = (
            flowing(one.statements, one.function, module),
            flowing(other.statements, other.function, module),
        )
        if first is None or second is None or first.taken != second.taken:
            return
        given = [name for name in first.bound if name in first.given or name in second.given]
        if (
            not given
            or any(name not in flow.settled for flow in (first, second) for name in given)
            or len(given) > 4
        ):
            return
        outer = _outermost(one.function, module)
        indent = module.indent(outer)
        body = block(module, one.statements)
        if indent is None or body is None or block(module, other.statements) is None:
            return
        level = "\t" if body.indent.startswith("\t") else "    "
        text = moved(module, body, indent + level)
        if text is None or len(module.comments_in(*_span(other, module))):
            return
        evidence = Evidence()
        _require(first, evidence)
        name = module.fresh_name(outer, _named(given))
        back = ", ".join(given)
        helper = f"{indent}def {name}({', '.join(first.taken)}):\n{text}{indent}{level}return {back}\n\n" + (
            "\n" if not indent else ""
        )
        call = f"{back} = {name}({', '.join(first.taken)})"
        at = _before(outer, module)
        yield from offer(
            self,
            module,
            here.statements[0],
            f"These {len(here.statements)} statements also stand in `{(other if here is one else one).function.name}`.",
            evidence,
            f"Put them in a function `{name}`",
            [
                Edit(at, at, helper),
                *(Edit(*_span(run, module), call) for run in (one, other)),
            ],
            until=here.statements[-1],
        )


def _named(given: Sequence[str]) -> str:
    """A name that says what a function gives."""
    parts = given if len("_and_".join(given)) <= _LONGEST_NAME else [given[0], "more"]
    return "_" + "_and_".join(parts).strip("_")


_KNOWN: WeakKeyDictionary[Module, list[tuple[_Run, _Run]]] = WeakKeyDictionary()


def _span(run: _Run, module: Module) -> tuple[int, int]:
    return module.start(run.statements[0]), module.end(run.statements[-1])


def _before(outer: ast.stmt, module: Module) -> int:
    decorators = getattr(outer, "decorator_list", None)
    at = module.line_start(min([module.start(outer), *(module.start(part) for part in decorators or ())]))
    # A comment right before it is meant for it.
    while at and (line := module.source[module.line_start(at - 1) : at]).lstrip().startswith("#"):
        if line[:1].isspace():
            break
        at = module.line_start(at - 1)
    return at


def _outermost(function: ast.FunctionDef, module: Module) -> ast.stmt:
    """The statement of the module's top level that a function stands in."""
    found: ast.AST = function
    for outer in module.ancestors(function):
        if isinstance(outer, ast.Module):
            break
        found = outer
    assert isinstance(found, ast.stmt)
    return found


def _require(flow: Flowing, evidence: Evidence) -> None:
    for words in flow.unknown:
        evidence.require(Known.UNKNOWN, words)


# Finding the pairs -----------------------------------------------------------------------------------------------------


def _pairs(module: Module) -> list[tuple[_Run, _Run]]:
    """Pairs of equal runs in different functions, the longest ones, in source order."""
    blocks = [
        (function, body)
        for function in module.structure.nodes.get(ast.FunctionDef, ())
        if isinstance(function, ast.FunctionDef) and _plain_place(function, module)
        for body in _blocks(function)
        if len(body) >= _LEAST_STATEMENTS
    ]
    starts: dict[tuple[str, ...], list[tuple[ast.FunctionDef, list[ast.stmt], int]]] = {}
    for function, body in blocks:
        lines = [_first_line(statement, module) for statement in body]
        for place in range(len(body) - _LEAST_STATEMENTS + 1):
            # Comparing whole statements takes time: first lines tell most of them apart.
            key = tuple(lines[place : place + _LEAST_STATEMENTS])
            starts.setdefault(key, []).append((function, body, place))
    found: list[tuple[_Run, _Run]] = []
    covered: set[ast.stmt] = set()
    for places in starts.values():
        if len(places) < 2:
            continue
        (one, body, place), others = places[0], places[1:]
        chosen = next((entry for entry in others if entry[0] is not one), None)
        if chosen is None or body[place] in covered or chosen[1][chosen[2]] in covered:
            continue
        other, other_body, other_place = chosen
        length = _common(body[place:], other_body[other_place:], module)
        if length < _LEAST_STATEMENTS:
            continue
        runs = (
            _Run(one, tuple(body[place : place + length])),
            _Run(other, tuple(other_body[other_place : other_place + length])),
        )
        if sum(1 for _ in module.walk(*runs[0].statements)) < _LEAST_NODES:
            continue
        covered.update(runs[0].statements, runs[1].statements)
        found.append(runs)
    return found


def _first_line(statement: ast.stmt, module: Module) -> str:
    start = module.starts[statement.lineno - 1]
    end = module.starts[statement.lineno] if statement.lineno < len(module.starts) else len(module.source)
    return module.source[start:end].strip()


def _common(one: Sequence[ast.stmt], other: Sequence[ast.stmt], module: Module) -> int:
    length = 0
    while length < min(len(one), len(other)) and module.same(one[length], other[length]):
        length += 1
    if length and isinstance(one[length - 1], (ast.Return, ast.Raise)):
        length -= 1
    return length


def _plain_place(function: ast.FunctionDef, module: Module) -> bool:
    """Whether a function stands at the top of a module or of a class there."""
    outer = module.parent(function)
    return isinstance(outer, ast.Module) or (
        isinstance(outer, ast.ClassDef) and isinstance(module.parent(outer), ast.Module)
    )


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    todo: list[ast.AST] = [function]
    while todo:
        node = todo.pop()
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body
                todo += [part for part in body if not isinstance(part, (*_FUNCTIONS, ast.ClassDef))]
        todo += getattr(node, "handlers", ())
