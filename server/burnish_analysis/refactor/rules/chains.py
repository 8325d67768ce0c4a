"""Two comparisons with one thing between them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burnish_analysis.perf.model import About, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.comparisons import Run, reads_once, span

__all__ = ["ChainedComparison"]

_UP = (ast.Lt, ast.LtE)
_SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_TURNED = {ast.Lt: ">", ast.LtE: ">=", ast.Gt: "<", ast.GtE: "<="}


class ChainedComparison(Refactoring):
    """``a < b and b < c``."""

    id = "chained-comparison"
    about = About(
        summary="Two comparisons have one thing between them",
        before="""\
def inside(low: int, number: int, high: int) -> bool:
    return number >= low and number < high
""",
        after="""\
def inside(low: int, number: int, high: int) -> bool:
    return low <= number < high
""",
        why="It reads as the range that is meant, and names the number once.",
        preconditions=("what stands between can be evaluated once instead of twice",),
    )
    nodes = (ast.BoolOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole ``and``."""
        assert isinstance(node, ast.BoolOp)
        if not isinstance(node.op, ast.And):
            return
        for first, second in zip(node.values, node.values[1:], strict=False):
            made = _chained(first, second, module)
            if made is None:
                continue
            text, middle, evidence = made
            run = Run([first, second], middle, [])
            yield module.finding(
                self,
                node,
                f"`{module.text(middle)}` is compared on both sides, apart.",
                evidence,
                title="Chain the comparisons",
                edits=[span(node, run, text, module)],
            )
            return


def _chained(one: ast.expr, other: ast.expr, module: Module) -> tuple[str, ast.expr, Evidence] | None:
    """Two comparisons as one, what stands in its middle, and what is known."""
    for left in _directions(one):
        for right in _directions(other):
            if left.up != right.up or not module.same(left.second, right.first):
                continue
            if isinstance(left.second, ast.Constant) or (not left.up and (left.turned or right.turned)):
                continue
            evidence = Evidence()
            middle = module.text(left.second)
            once = reads_once(left.second, module)
            if not evidence.require(once, f"`{middle}` has no effects and gives the same each time"):
                return None
            for side in (left, right):
                if side.turned:
                    _turnable(side, evidence, module)
            if left.turned and not isinstance(left.first, (ast.Name, ast.Constant)):
                evidence.require(
                    module.effects.pure(left.first), f"`{module.text(left.first)}` has no effects"
                )
            if evidence.violated:
                return None
            first, between, last = (
                _operand(part, module) for part in (left.first, left.second, right.second)
            )
            text = f"{first} {left.sign} {between} {right.sign} {last}"
            return (text, left.second, evidence) if "\n" not in text else None
    return None


@dataclass(frozen=True, slots=True)
class _Side:
    """One comparison, as written or turned round."""

    first: ast.expr
    sign: str
    second: ast.expr
    up: bool
    turned: bool


def _directions(node: ast.expr) -> Sequence[_Side]:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return ()
    operator = type(node.ops[0])
    if operator not in _SIGNS:
        return ()
    up, right = operator in _UP, node.comparators[0]
    return (
        _Side(node.left, _SIGNS[operator], right, up, turned=False),
        _Side(right, _TURNED[operator], node.left, not up, turned=True),
    )


def _turnable(side: _Side, evidence: Evidence, module: Module) -> None:
    """``a < b`` and ``b > a`` are the same for numbers and for texts; elsewhere already the errors' words differ."""
    kinds = {module.types.name(part) for part in (side.first, side.second)}
    known = kinds <= {"int", "bool", "float"} or kinds in ({"str"}, {"bytes"})
    first, second = module.text(side.first), module.text(side.second)
    evidence.require(Known.of(known), f"`{first}` and `{second}` compare the same both ways")


def _operand(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    loose = isinstance(node, (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Compare)) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
    return f"({text})" if loose else text
