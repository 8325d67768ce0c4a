"""What drives a function's complexity: each decision in it, with the points that radon counts for it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.incremental import normal, parsed
from burnish_analysis.metrics.pieces import DEEPER, is_elif

__all__ = ["Driver", "drivers", "drivers_of", "points_of", "told"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Driver:
    """One decision. The points of all of a function's drivers and 1 make its complexity.

    Attributes:
        line, column: where it begins, from 1 and from 0 in UTF-8 bytes.
        what: in words: ``if``, ``and of 3``, ``try with 2 excepts``.
        points: what it adds. nesting: how many statements with a body stand around it in the function.
    """

    line: int
    column: int
    what: str
    points: int
    nesting: int


def drivers(source: str, name: str) -> list[Driver]:
    """The decisions in a function, those with most points first, the more deeply nested first among equals.

    Args:
        name: dotted (``f``, ``Class.method``, ``f.inner``); where it is defined again, the most complex counts.

    Raises:
        SourceError: the text is not Python, or has no such function.
    """
    found = [drivers_of(node) for node in _named(parsed(normal(source)).body, name.split("."))]
    if not found:
        raise SourceError(f"There is no function {name!r} in the text.")
    return max(found, key=lambda each: sum(driver.points for driver in each))


def drivers_of(node: _Function) -> list[Driver]:
    """The decisions in a function's body; those of inner functions and classes do not count."""
    found: list[Driver] = []
    # Depth first without recursion, for long sums are deep.
    stack: list[tuple[ast.AST, int]] = [(child, 0) for child in node.body]
    chained: set[ast.AST] = set()
    while stack:
        here, nesting = stack.pop()
        if isinstance(here, _DEFINITIONS):
            continue
        if points := points_of(here):
            line, column = _place(here)
            found.append(Driver(line, column, _words(here, here in chained), points, nesting))
        if isinstance(here, ast.Assert):
            continue
        inner = nesting + isinstance(here, DEEPER)
        if is_elif(here):
            assert isinstance(here, ast.If)
            chained.add(here.orelse[0])
        for child in ast.iter_child_nodes(here):
            # What a statement tests or loops over stands where the statement does.
            deeper = isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)) and child not in chained
            stack.append((child, inner if deeper else nesting))
    found.sort(key=lambda driver: (-driver.points, -driver.nesting, driver.line, driver.column))
    return found


def points_of(node: ast.AST) -> int:
    """What radon adds to the complexity for a node alone (``ComplexityVisitor.generic_visit``)."""
    match node:
        case ast.If() | ast.IfExp() | ast.Assert():
            return 1
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.For() | ast.AsyncFor() | ast.While():
            return 1 + bool(node.orelse)
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.Try():
            return len(node.handlers) + bool(node.orelse)
        case ast.Match():
            rest = any(getattr(case.pattern, "pattern", False) is None for case in node.cases)
            return max(0, len(node.cases) - rest)
        case _:
            return 0


def told(found: Iterable[Driver]) -> str:
    """Drivers in a few words, by kind: ``if (6), and/or (4), for (2)``."""
    counts: Counter[str] = Counter()
    for driver in found:
        kind = driver.what.removeprefix("async ").partition(" ")[0]
        kind = {"elif": "if", "and": "and/or", "or": "and/or", "conditional": "if/else"}.get(kind, kind)
        counts[kind] += driver.points
    return ", ".join(f"{kind} ({points})" for kind, points in counts.most_common())


def _named(body: Iterable[ast.AST], parts: list[str]) -> Iterator[_Function]:
    for node in body:
        if isinstance(node, _DEFINITIONS):
            if node.name == parts[0] and len(parts) > 1:
                yield from _named(node.body, parts[1:])
            elif node.name == parts[0] and not isinstance(node, ast.ClassDef):
                yield node
        elif isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield from _named(ast.iter_child_nodes(node), parts)


def _place(node: ast.AST) -> tuple[int, int]:
    """Where a decision begins; a comprehension's clause has no place of its own and takes its target's."""
    at = node.target if isinstance(node, ast.comprehension) else node
    return at.lineno, at.col_offset  # type: ignore[attr-defined]


def _words(node: ast.AST, chained: bool) -> str:
    match node:
        case ast.If():
            return "elif" if chained else "if"
        case ast.IfExp():
            return "conditional expression"
        case ast.BoolOp():
            return f"{'and' if isinstance(node.op, ast.And) else 'or'} of {len(node.values)}"
        case ast.For() | ast.AsyncFor() | ast.While():
            loop = {ast.For: "for", ast.AsyncFor: "async for"}.get(type(node), "while")
            return f"{loop} with else" if node.orelse else loop
        case ast.comprehension():
            return f"comprehension with {_count(len(node.ifs), 'if')}" if node.ifs else "comprehension"
        case ast.Try():
            return f"try with {_count(len(node.handlers), 'except')}{' and else' if node.orelse else ''}"
        case ast.Match():
            return f"match with {_count(len(node.cases), 'case')}"
        case _:
            return "assert"


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
