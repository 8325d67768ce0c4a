"""Arithmetic for which there is something better: powers, roots, divisors, products, means."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    integer,
    is_name,
    mentions,
    nonnegative,
    one_statement_loop,
    replace_loop,
    text_constant,
    usable_after,
)
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["DivisorByLoop", "ExactMean", "InfinityFromText", "IntegerRoot", "ModularPower", "ProductByLoop", "SquareByPower"]

_NUMBERS = ("int", "bool", "float")


class ModularPower(Rule):
    """``a ** b % m``."""

    id = "modular-power"
    about = About(
        summary="A power is worked out in full only for its remainder",
        before="""\
def check(base: int, exponent: int, modulus: int) -> int:
    return base**exponent % modulus
""",
        after="""\
def check(base: int, exponent: int, modulus: int) -> int:
    return pow(base, exponent, modulus)
""",
        why="`pow` with three arguments takes the remainder at every step, so the numbers stay small.",
        preconditions=("all three are `int`", "the exponent is not negative, the modulus not zero"),
        references=("https://docs.python.org/3/library/functions.html#pow",),
    )
    nodes = (ast.BinOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``%``."""
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mod):
            return
        power = node.left
        if isinstance(power, ast.BinOp) and isinstance(power.op, ast.Pow):
            base, exponent = power.left, power.right
        elif isinstance(power, ast.Call) and len(power.args) == 2 and not power.keywords and module.calls(power, "builtins.pow"):
            base, exponent = power.args
        else:
            return
        small = integer(exponent)
        if small is not None and small < 8 or integer(node.right) == 0:
            return
        evidence = Evidence()
        for part in (base, exponent, node.right):
            evidence.require(module.types.is_a(part, "int", "bool"), f"`{module.text(part)}` is a whole number")
        evidence.require(Known.of(nonnegative(exponent, module)), f"`{module.text(exponent)}` is not negative")
        evidence.require(Known.of(bool(integer(node.right))), f"`{module.text(node.right)}` is not zero")
        if evidence.violated or module.scope(node).find("pow").bindings.get("pow"):
            return
        text = f"pow({module.text(base)}, {module.text(exponent)}, {module.text(node.right)})"
        yield module.finding(
            self, node, "The power is worked out in full, then nearly all of it is thrown away.", evidence, title="Use `pow` with three arguments",
            edits=[module.replace(node, text)],
        )  # fmt: skip


class IntegerRoot(Rule):
    """``int(math.sqrt(n))``."""

    id = "integer-root"
    about = About(
        summary="A whole root is worked out by way of a float",
        before="""\
from math import sqrt


def side(cells: list[int]) -> int:
    return int(sqrt(len(cells)))
""",
        after="""\
from math import isqrt, sqrt


def side(cells: list[int]) -> int:
    return isqrt(len(cells))
""",
        why="`math.isqrt` stays with whole numbers; it is also right for numbers that no float can hold.",
        preconditions=("a whole number, not negative, below 2**52 (above, the float is wrong and `isqrt` right)",),
        references=("https://docs.python.org/3/library/math.html#math.isqrt",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``int(…)`` and ``math.floor(…)``."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords or not module.calls(node, "builtins.int", "math.floor"):
            return
        root = node.args[0]
        number: ast.expr | None = None
        if isinstance(root, ast.Call) and len(root.args) == 1 and module.calls(root, "math.sqrt"):
            number = root.args[0]
        elif isinstance(root, ast.BinOp) and isinstance(root.op, ast.Pow) and isinstance(root.right, ast.Constant) and root.right.value == 0.5:
            number = root.left
        if number is None:
            return
        evidence = Evidence()
        if not evidence.require(module.types.is_a(number, "int", "bool"), f"`{module.text(number)}` is a whole number"):
            return
        evidence.require(
            Known.of(module.calls(number, "builtins.len")), f"`{module.text(number)}` is not negative and below 2**52 (above, `isqrt` is right)"
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
        preconditions=("an `int`; of a float, a square that is too large is an error by `**` and infinity by `*`",),
    )
    nodes = (ast.BinOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``name ** 2``."""
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Pow) or integer(node.right) != 2 or not isinstance(node.left, ast.Name):
            return
        kind = module.types.name(node.left)
        if kind not in _NUMBERS or not module.loops(node):
            return
        evidence = Evidence()
        evidence.require(Known.of(kind != "float"), f"`{node.left.id}` is not so large that its square is infinite, and the last digit does not matter")
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
def lowest(rows: list[list[float]]) -> list[float]:
    return [min(row, default=float("inf")) for row in rows]
""",
        after="""\
from math import inf


def lowest(rows: list[list[float]]) -> list[float]:
    return [min(row, default=inf) for row in rows]
""",
        why="`math.inf` is that number; `float` reads the text each time.",
        preconditions=("`float` is the built-in one",),
        references=("https://docs.python.org/3/library/math.html#math.inf",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``float("…")``."""
        if not isinstance(node, ast.Call) or not is_name(node.func, "float") or len(node.args) != 1 or node.keywords:
            return
        text = text_constant(node.args[0])
        if text is None or text.strip().lower().lstrip("+-") not in ("inf", "infinity") or not module.calls(node, "builtins.float"):
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
from statistics import mean


def middle(values: list[float]) -> float:
    return mean(values)
""",
        after="""\
from statistics import fmean, mean


def middle(values: list[float]) -> float:
    return fmean(values)
""",
        why="`mean` adds fractions so that any kind of number works; `fmean` adds floats, as precisely as floats can.",
        preconditions=("the values are floats, and the last digit does not matter",),
        references=("https://docs.python.org/3/library/statistics.html#statistics.fmean",),
    )
    nodes = (ast.Call,)
    imports = ("statistics",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``statistics.mean(…)``."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords or not module.calls(node, "statistics.mean"):
            return
        kind = module.types.of(node.args[0])
        element = kind.element if kind else None
        if element is not None and element.name != "float":
            return
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, f"`{module.text(node.args[0])}` holds floats, and the last digit does not matter")
        name = module.imported("statistics", "fmean", at=node)
        yield module.finding(
            self, node, "`statistics.mean` works with fractions, which is many times slower.", evidence, title="Use `fmean`",
            edits=[module.replace(node, f"{name}({module.text(node.args[0])})")], imports=[Import("statistics", "fmean")],
        )  # fmt: skip


class DivisorByLoop(Rule):
    """``while b: a, b = b, a % b``."""

    id = "divisor-by-loop"
    about = About(
        summary="The greatest common divisor is worked out in a loop",
        before="""\
import math


def shared(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a
""",
        after="""\
import math


def shared(a: int, b: int) -> int:
    a = math.gcd(a, b)
    return a
""",
        why="`math.gcd` does the same in C, several digits at a time.",
        preconditions=("both are whole numbers, none negative", "the second one is not used after the loop"),
        references=("https://docs.python.org/3/library/math.html#math.gcd",),
    )
    nodes = (ast.While,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops with the one assignment."""
        if not isinstance(node, ast.While) or len(node.body) != 1 or node.orelse:
            return
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.NotEq, ast.Gt)) and integer(test.comparators[0]) == 0:
            test = test.left
        names = _euclid(node.body[0])
        if names is None or not isinstance(test, ast.Name) or test.id != names[1].id:
            return
        if not module.flow.local(test) or module.flow.owner(test).kind != "function" or module.flow.used_after(test, node):
            return
        evidence = Evidence()
        for name in names:
            evidence.require(module.types.is_a(name, "int", "bool"), f"`{name.id}` is a whole number")
            evidence.require(Known.of(nonnegative(name, module)), f"`{name.id}` is not negative")
        if evidence.violated:
            return
        gcd = module.imported("math", "gcd", at=node)
        yield module.finding(
            self, node, "`math.gcd` does this loop in C.", evidence, title="Use `math.gcd`",
            edits=list(replace_loop(module, node, f"{names[0].id} = {gcd}({names[0].id}, {names[1].id})")), imports=[Import("math", "gcd")],
        )  # fmt: skip


def _euclid(step: ast.stmt) -> tuple[ast.Name, ast.Name] | None:
    """``a`` and ``b`` of ``a, b = b, a % b``."""
    if not isinstance(step, ast.Assign) or len(step.targets) != 1 or not isinstance(step.value, ast.Tuple):
        return None
    target = step.targets[0]
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or len(step.value.elts) != 2:
        return None
    a, b = target.elts
    first, second = step.value.elts
    if not isinstance(a, ast.Name) or not isinstance(b, ast.Name) or not is_name(first, b.id):
        return None
    remainder = isinstance(second, ast.BinOp) and isinstance(second.op, ast.Mod) and is_name(second.left, a.id) and is_name(second.right, b.id)
    return (a, b) if remainder else None


class ProductByLoop(Rule):
    """``p = 1`` and ``for x in xs: p *= x``."""

    id = "product-by-loop"
    about = About(
        summary="A product is worked out in a loop",
        before="""\
import math


def size(shape: list[int]) -> int:
    total = 1
    for length in shape:
        total *= length
    return total
""",
        after="""\
import math


def size(shape: list[int]) -> int:
    total = math.prod(shape)
    return total
""",
        why="`math.prod` multiplies in C, in the same order.",
        preconditions=("whole numbers or floats", "the loop's variable is not used after it"),
        references=("https://docs.python.org/3/library/math.html#math.prod",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops with one multiplication."""
        found = one_statement_loop(node)
        step = found[2] if found else None
        if not found or not isinstance(step, ast.AugAssign) or not isinstance(step.op, ast.Mult) or not isinstance(step.target, ast.Name):
            return
        loop, factor, name = found[0], found[1], step.target.id
        before = module.previous(loop)
        if not is_name(step.value, factor.id) or name == factor.id or usable_after(factor, loop, module) or mentions(loop.iter, name):
            return
        if not isinstance(before, ast.Assign) or len(before.targets) != 1 or not is_name(before.targets[0], name):
            return
        start = before.value
        if not isinstance(start, ast.Constant) or type(start.value) not in (int, float):
            return
        evidence = Evidence()
        kind = module.types.of(loop.iter)
        element = kind.element if kind else None
        plain = Known.UNKNOWN if element is None else (Known.YES if element.name in _NUMBERS else Known.NO)
        if not evidence.require(plain, f"`{module.text(loop.iter)}` holds numbers"):
            return
        given = "" if type(start.value) is int and start.value == 1 else f", start={module.text(start)}"
        prod = module.imported("math", "prod", at=node)
        yield module.finding(
            self, loop, "`math.prod` does this loop in C.", evidence, title="Use `math.prod`",
            edits=list(replace_loop(module, loop, f"{name} = {prod}({module.text(loop.iter)}{given})", before)), imports=[Import("math", "prod")],
        )  # fmt: skip
