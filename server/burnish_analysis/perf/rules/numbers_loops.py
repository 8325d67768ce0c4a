"""Loops in Python for which there is a function of `math`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    integer,
    is_name,
    mentions,
    one_statement_loop,
    replace_loop,
    usable_after,
)
from burnish_analysis.perf.facts.writing import argument
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["DivisorByLoop", "ProductByLoop"]

_NUMBERS = ("int", "bool", "float")


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
        if (
            isinstance(test, ast.Compare)
            and len(test.ops) == 1
            and isinstance(test.ops[0], (ast.NotEq, ast.Gt))
            and integer(test.comparators[0]) == 0
        ):
            test = test.left
        names = _euclid(node.body[0])
        if names is None or not isinstance(test, ast.Name) or test.id != names[1].id:
            return
        if (
            not module.flow.local(test)
            or module.flow.owner(test).kind != "function"
            or module.flow.used_after(test, node)
        ):
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN, f"`{names[0].id}` and `{names[1].id}` are whole numbers and not negative"
        )
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
    remainder = (
        isinstance(second, ast.BinOp)
        and isinstance(second.op, ast.Mod)
        and is_name(second.left, a.id)
        and is_name(second.right, b.id)
    )
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
        if (
            not found
            or not isinstance(step, ast.AugAssign)
            or not isinstance(step.op, ast.Mult)
            or not isinstance(step.target, ast.Name)
        ):
            return
        loop, factor, name = found[0], found[1], step.target.id
        before = module.previous(loop)
        if (
            not is_name(step.value, factor.id)
            or name == factor.id
            or usable_after(factor, loop, module)
            or mentions(loop.iter, name)
        ):
            return
        if (
            not isinstance(before, ast.Assign)
            or len(before.targets) != 1
            or not is_name(before.targets[0], name)
        ):
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
            edits=list(replace_loop(module, loop, f"{name} = {prod}({argument(loop.iter, module)}{given})", before)),
            imports=[Import("math", "prod")],
        )  # fmt: skip
