"""The parts of radon that figures are made with, typed; no other module imports radon."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from radon.complexity import cc_rank  # type: ignore[import-untyped]
from radon.metrics import halstead_visitor_report, mi_compute, mi_rank  # type: ignore[import-untyped]
from radon.raw import _logical, is_single_token  # type: ignore[import-untyped]
from radon.visitors import ComplexityVisitor, HalsteadVisitor  # type: ignore[import-untyped]

from burnish_analysis.metrics.model import Halstead

__all__ = [
    "Counted",
    "Operators",
    "Visited",
    "complexity_rank",
    "halstead_of",
    "maintainability",
    "maintainability_rank",
    "operators_in",
    "tokens_are",
    "visit",
]


@dataclass(frozen=True, slots=True)
class Visited:
    """What radon's complexity visitor holds after one statement.

    Attributes:
        complexity: of the statement without functions and classes in it.
        functions, classes: radon's ``Function`` and ``Class`` tuples, of the statement but not of those inside them.
        max_line: the last line met; minus infinity where there was none.
    """

    complexity: int
    functions: tuple[Any, ...]
    classes: tuple[Any, ...]
    max_line: float


@dataclass(frozen=True, slots=True)
class Operators:
    """Halstead's operators and operands of some code.

    Attributes:
        named: different operands that are names, attributes and constants, each with the function around it.
        unnamed: how many operands are other expressions; each is an operand of its own.
    """

    operators: int = 0
    operands: int = 0
    seen: frozenset[str] = frozenset()
    named: frozenset[Any] = frozenset()
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What radon counts of one logical line."""

    comments: int
    lloc: int
    single: bool
    text: bool


class _Tracking(HalsteadVisitor):  # type: ignore[misc]
    """radon's visitor, with the nodes that ``function_visitors`` belong to."""

    def __init__(self, context: str | None = None) -> None:
        super().__init__(context)
        self.nodes: list[ast.FunctionDef | ast.AsyncFunctionDef] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        super().visit_FunctionDef(node)
        self.nodes.append(node)


def visit(node: ast.stmt) -> Visited:
    """Visit one statement as radon does."""
    visitor = ComplexityVisitor(off=False)
    visitor.visit(node)
    return Visited(
        int(visitor.complexity), tuple(visitor.functions), tuple(visitor.classes), visitor.max_line
    )


def operators_in(nodes: Sequence[ast.AST]) -> tuple[Operators, list[tuple[ast.AST, Halstead]]]:
    """Operators and operands of some nodes, and Halstead's measures of each function in them that stands in no other."""
    visitor = _Tracking()
    for node in nodes:
        visitor.visit(node)
    named = frozenset(operand for operand in visitor.operands_seen if not isinstance(operand[1], ast.AST))
    found = Operators(
        visitor.operators,
        visitor.operands,
        frozenset(visitor.operators_seen),
        named,
        len(visitor.operands_seen) - len(named),
    )
    return found, [
        (node, Halstead(*halstead_visitor_report(inner)))
        for node, inner in zip(visitor.nodes, visitor.function_visitors, strict=True)
    ]


class _Sums:
    """What radon's report asks of a visitor."""

    def __init__(self, parts: Sequence[Operators]) -> None:
        self.operators = sum(part.operators for part in parts)
        self.operands = sum(part.operands for part in parts)
        self.distinct_operators = len(frozenset[str]().union(*(part.seen for part in parts)))
        self.distinct_operands = len(frozenset[Any]().union(*(part.named for part in parts))) + sum(
            part.unnamed for part in parts
        )


def halstead_of(parts: Sequence[Operators]) -> Halstead:
    """Halstead's measures of all parts together."""
    return Halstead(*halstead_visitor_report(_Sums(parts)))


def maintainability(volume: float, complexity: int, lloc: int, comments: float) -> float:
    """The maintainability index; ``comments`` is in percent."""
    return float(mi_compute(volume, complexity, lloc, comments))


def maintainability_rank(index: float) -> str:
    """``A``, ``B`` or ``C``."""
    return str(mi_rank(index))


def complexity_rank(complexity: float) -> str:
    """``A`` to ``F``."""
    return str(cc_rank(complexity))


def tokens_are(tokens: list[tokenize.TokenInfo]) -> Counted:
    """Count the tokens of one logical line."""
    text = bool(is_single_token(tokenize.STRING, tokens)) and not is_single_token(tokenize.COMMENT, tokens)
    return Counted(
        comments=sum(token.type == tokenize.COMMENT for token in tokens),
        lloc=int(_logical(tokens)),
        single=bool(is_single_token(tokenize.COMMENT, tokens))
        or (text and tokens[0].start[0] == tokens[0].end[0]),
        text=text and tokens[0].start[0] != tokens[0].end[0],
    )
