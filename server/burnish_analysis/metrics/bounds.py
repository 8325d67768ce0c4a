"""A lower bound of a file's maintainability index, quickly made from what is known of its tree.

radon tokenizes every line and visits every node several times, which takes longer than all performance rules do. Most files
are far from any threshold, and a bound shows it.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from burnish_analysis.metrics.drivers import points_of
from burnish_analysis.metrics.pieces import is_elif

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["DECISIONS", "could_be_low"]

#: The nodes that count for complexity.
DECISIONS = (
    ast.If, ast.IfExp, ast.Assert, ast.BoolOp, ast.For, ast.AsyncFor, ast.While, ast.comprehension, ast.Try, ast.Match
)  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Line ends for ``str.splitlines``, and so for radon, but not for Python.
_ODD_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
#: Expressions with a colon in them: a logical line with one that is not its last token counts twice.
_COLONS = (ast.Dict, ast.DictComp, ast.Slice, ast.Lambda, ast.AnnAssign, ast.JoinedStr, ast.MatchMapping)
_TEXT = re.compile(r"""[a-zA-Z]*(\"\"\"|''')""")


def could_be_low(module: Module, threshold: float) -> bool:
    """Whether a file's maintainability index can be below a threshold; False is certain.

    The formula is that of ``radon.metrics.mi_compute``, with upper bounds of what lowers the index and the comments between bounds.
    """
    if threshold <= 0:
        return False
    if _ODD_ENDS.search(module.source):
        return True
    volume, logical = _most_volume(module), _most_logical_lines(module)
    if volume <= 0 or not logical:
        return False
    nodes = module.structure.nodes
    points = sum(points_of(node) for kind in DECISIONS for node in nodes.get(kind, ()))
    complexity = 1 + points + sum(len(nodes.get(kind, ())) for kind in _FUNCTIONS)
    index = 171 - 5.2 * math.log(volume) - 0.23 * complexity - 16.2 * math.log(logical)
    # A little room for rounding: sums are made in another order here.
    return (index + 50 * _least_sine(module)) * 100 / 171 < threshold + 1e-6


def _most_logical_lines(module: Module) -> int:
    """Statements, clauses and decorators, and a second one for each that has a colon within."""
    nodes = module.structure.nodes
    count = 0
    for kind, found in nodes.items():
        if issubclass(kind, (ast.stmt, ast.ExceptHandler, ast.match_case)) or kind in _COLONS:
            count += len(found)
    for definition in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        for node in nodes.get(definition, ()):
            count += len(getattr(node, "decorator_list", ())) + len(getattr(node, "type_params", ()))
    for alias in nodes.get(getattr(ast, "TypeAlias", ast.Module), ()):
        count += len(getattr(alias, "type_params", ()))
    count += sum(getattr(node, "annotation", None) is not None for node in nodes.get(ast.arg, ()))
    for kind in (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar):
        for node in nodes.get(kind, ()):
            count += bool(getattr(node, "orelse", ())) and not is_elif(node)
            count += bool(getattr(node, "finalbody", ()))
    return count


def _least_sine(module: Module) -> float:
    """The least that the share of comments can give: of lines of comments and texts in percent of the lines of code."""
    lines = module.code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    full = sum(1 for line in lines if line.strip())
    within, texts = _texts(module, lines)
    comments = sum(
        1 for number, line in enumerate(lines, 1) if line.lstrip().startswith("#") and number not in within
    )
    least = (comments + texts) / max(1, full - texts)
    code = len({node.lineno for node in _code(module)})
    if not code:
        return -1.0
    most = (full - code + sum("#" in line for line in lines)) / code
    low, high = (math.sqrt(2.46 * math.radians(100 * share)) for share in (least, most))
    # The sine rises, and falls again; beyond pi nothing is known.
    return min(math.sin(low), math.sin(high)) if high <= math.pi else -1.0


def _code(module: Module) -> Iterator[ast.stmt]:
    """Statements that begin a line of code: not texts that stand alone."""
    for kind, found in module.structure.nodes.items():
        if issubclass(kind, ast.stmt) and kind is not ast.Expr:
            yield from (node for node in found if isinstance(node, ast.stmt))


def _texts(module: Module, lines: list[str]) -> tuple[set[int], int]:
    """The lines, from 1, that begin within a text, and how many full lines texts that stand alone have at least."""
    nodes = module.structure.nodes
    within: set[int] = set()
    for kind in (ast.Constant, ast.JoinedStr):
        for node in nodes.get(kind, ()):
            assert isinstance(node, (ast.Constant, ast.JoinedStr))
            if node.end_lineno is not None and node.end_lineno > node.lineno:
                within.update(range(node.lineno + 1, node.end_lineno + 1))
    alone = 0
    for statement in nodes.get(ast.Expr, ()):
        assert isinstance(statement, ast.Expr)
        node = statement.value
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node.end_lineno is None:
            continue
        covered = lines[node.lineno - 1 : node.end_lineno]
        text = "\n".join(covered).strip()
        opening = _TEXT.match(text)
        # One text and nothing else: its quotation marks come at its beginning and at its end alone.
        if len(covered) > 1 and opening and text.find(opening[1], opening.end()) == len(text) - 3:
            alone += sum(1 for line in covered if line.strip())
    return within, alone


def _most_volume(module: Module) -> float:
    """Halstead's volume with all operators and operands, none of the operands twice."""
    operators = operands = 0
    kinds: set[str] = set()
    for kind in (ast.BinOp, ast.UnaryOp, ast.AugAssign, ast.BoolOp, ast.Compare):
        for node in module.structure.nodes.get(kind, ()):
            if isinstance(node, ast.Compare):
                operators += len(node.ops)
                operands += len(node.ops) + 1
                kinds.update(type(op).__name__ for op in node.ops)
                continue
            assert isinstance(node, (ast.BinOp, ast.UnaryOp, ast.AugAssign, ast.BoolOp))
            operators += 1
            operands += (
                len(node.values)
                if isinstance(node, ast.BoolOp)
                else 1
                if isinstance(node, ast.UnaryOp)
                else 2
            )
            kinds.add(type(node.op).__name__)
    return (operators + operands) * math.log2(max(1, len(kinds) + operands))
