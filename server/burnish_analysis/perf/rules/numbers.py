"""Arithmetic for which there is something better: roots, squares, infinity, means."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    integer,
    is_name,
    text_constant,
)
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["ExactMean", "InfinityFromText", "IntegerRoot", "SquareByPower"]

_NUMBERS = ("int", "bool", "float")


class IntegerRoot(Rule):
    """``int(math.sqrt(n))``."""

    id = "integer-root"
    about = About(
        summary="A whole root is worked out by way of a float",
        before="""\
import math


def side(cells: list[int]) -> int:
    return int(math.sqrt(len(cells)))
""",
        after="""\
import math


def side(cells: list[int]) -> int:
    return math.isqrt(len(cells))
""",
        why="`math.isqrt` stays with whole numbers; it is also right for numbers that no float can hold.",
        preconditions=(
            "a whole number, not negative, below 2**52 (above, the float is wrong and `isqrt` right)",
        ),
        references=("https://docs.python.org/3/library/math.html#math.isqrt",),
    )
    nodes = (ast.Call,)
    calls = ("int", "floor")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``int(…)`` and ``math.floor(…)``."""
        if (
            not isinstance(node, ast.Call)
            or len(node.args) != 1
            or node.keywords
            or not module.calls(node, "builtins.int", "math.floor")
        ):
            return
        root = node.args[0]
        number: ast.expr | None = None
        if isinstance(root, ast.Call) and len(root.args) == 1 and module.calls(root, "math.sqrt"):
            number = root.args[0]
        elif (
            isinstance(root, ast.BinOp)
            and isinstance(root.op, ast.Pow)
            and isinstance(root.right, ast.Constant)
            and root.right.value == 0.5
        ):
            number = root.left
        if number is None:
            return
        evidence = Evidence()
        if not evidence.require(
            module.types.is_a(number, "int", "bool"), f"`{module.text(number)}` is a whole number"
        ):
            return
        evidence.require(
            Known.of(module.calls(number, "builtins.len")),
            f"`{module.text(number)}` is not negative and below 2**52 (above, `isqrt` is right)",
        )
        name = module.imported("math", "isqrt", at=node)
        yield module.finding(
            self, node, "The root goes through a float; `math.isqrt` stays with whole numbers.", evidence, title="Use `math.isqrt`",
            edits=[module.replace(node, f"{name}({module.text(number)})")], imports=[Import("math", "isqrt")],
        )  # fmt: skip


class SquareByPower(Rule):
    """``x ** 2`` in a loop."""

    id = "square-by-power"
    about = About(
        summary="A number is squared by the power operator in a loop",
        before="""\
def squares(limit: int) -> list[int]:
    return [number**2 for number in range(limit)]
""",
        after="""\
def squares(limit: int) -> list[int]:
    return [number * number for number in range(limit)]
""",
        why="A multiplication is one step; the power operator finds out first what kind of power it is.",
        preconditions=(
            "an `int`; of a float, a square that is too large is an error by `**` and infinity by `*`",
        ),
    )
    nodes = (ast.BinOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``name ** 2``."""
        if (
            not isinstance(node, ast.BinOp)
            or not isinstance(node.op, ast.Pow)
            or integer(node.right) != 2
            or not isinstance(node.left, ast.Name)
        ):
            return
        kind = module.types.name(node.left)
        if kind not in _NUMBERS or not module.loops(node):
            return
        evidence = Evidence()
        evidence.require(
            Known.of(kind != "float"),
            f"`{node.left.id}` is not so large that its square is infinite, and the last digit does not matter",
        )
        yield module.finding(
            self, node, "The power operator is slower than a multiplication.", evidence, title="Multiply",
            edits=[module.replace(node, f"{node.left.id} * {node.left.id}")],
        )  # fmt: skip


class InfinityFromText(Rule):
    """``float("inf")`` in a loop."""

    id = "infinity-from-text"
    about = About(
        summary="A text is read as infinity in every round of a loop",
        before="""\
import math


def lowest(rows: list[list[float]]) -> list[float]:
    return [min(row, default=float("inf")) for row in rows]
""",
        after="""\
import math


def lowest(rows: list[list[float]]) -> list[float]:
    return [min(row, default=math.inf) for row in rows]
""",
        why="`math.inf` is that number; `float` reads the text each time.",
        preconditions=("`float` is the built-in one",),
        references=("https://docs.python.org/3/library/math.html#math.inf",),
    )
    nodes = (ast.Call,)
    calls = ("float",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``float("…")``."""
        if (
            not isinstance(node, ast.Call)
            or not is_name(node.func, "float")
            or len(node.args) != 1
            or node.keywords
        ):
            return
        text = text_constant(node.args[0])
        if (
            text is None
            or text.strip().lower().lstrip("+-") not in ("inf", "infinity")
            or not module.calls(node, "builtins.float")
        ):
            return
        if text.strip().count("+") + text.strip().count("-") > 1 or not module.loops(node):
            return
        name = module.imported("math", "inf", at=node)
        sign = "-" if text.strip().startswith("-") else ""
        yield module.finding(
            self, node, "The text is read in every round.", title="Use `math.inf`",
            edits=[module.replace(node, f"{sign}{name}")], imports=[Import("math", "inf")],
        )  # fmt: skip


class ExactMean(Rule):
    """``statistics.mean`` of floats."""

    id = "exact-mean"
    about = About(
        summary="The mean of floats is worked out with exact fractions",
        before="""\
import statistics


def middle(values: list[float]) -> float:
    return statistics.mean(values)
""",
        after="""\
import statistics


def middle(values: list[float]) -> float:
    return statistics.fmean(values)
""",
        why="`mean` adds fractions so that any kind of number works; `fmean` adds floats, as precisely as floats can.",
        preconditions=("the values are floats, and the last digit does not matter",),
        references=("https://docs.python.org/3/library/statistics.html#statistics.fmean",),
    )
    nodes = (ast.Call,)
    calls = ("mean",)
    imports = ("statistics",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``statistics.mean(…)``."""
        if (
            not isinstance(node, ast.Call)
            or len(node.args) != 1
            or node.keywords
            or not module.calls(node, "statistics.mean")
        ):
            return
        kind = module.types.of(node.args[0])
        element = kind.element if kind else None
        if element is not None and element.name != "float":
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN, f"`{module.text(node.args[0])}` holds floats, and the last digit does not matter"
        )
        name = module.imported("statistics", "fmean", at=node)
        yield module.finding(
            self, node, "`statistics.mean` works with fractions, which is many times slower.", evidence, title="Use `fmean`",
            edits=[module.replace(node, f"{name}({module.text(node.args[0])})")], imports=[Import("statistics", "fmean")],
        )  # fmt: skip
