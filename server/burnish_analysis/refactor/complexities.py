"""Which functions are complex, told quickly: radon takes several times as long for a file as all rules do."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from burnish_analysis.metrics.drivers import points_of
from burnish_analysis.metrics.pieces import DEEPER

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["LEAST_NESTING", "may_be_complex"]

#: A function that is nested this deep gets suggestions whatever its complexity.
LEAST_NESTING = 4

#: Nodes that add to a function's complexity.
_DECISIONS = (
    ast.If, ast.IfExp, ast.Assert, ast.BoolOp, ast.For, ast.AsyncFor, ast.While, ast.comprehension, ast.Try, ast.Match
)  # fmt: skip


def may_be_complex(module: Module, least: int) -> frozenset[str]:
    """The dotted names of the outermost functions that may reach a complexity, or :data:`LEAST_NESTING`; never too few.

    What radon counts is summed up from the tables of the module's nodes, whatever definition within the function it stands in.
    """
    nodes = module.structure.nodes
    points: Counter[str] = Counter()
    blocks: Counter[str] = Counter()
    definitions: tuple[type[ast.AST], ...] = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    for kind in definitions:
        for node in nodes.get(kind, ()):
            points[module.dotted_function(node)] += 1
    for kind in {*_DECISIONS, *DEEPER}:
        for node in nodes.get(kind, ()):
            name = module.dotted_function(node)
            points[name] += points_of(node)
            blocks[name] += isinstance(node, DEEPER)
    return frozenset(
        name for name, count in points.items() if name and (count >= least or blocks[name] >= LEAST_NESTING)
    )
