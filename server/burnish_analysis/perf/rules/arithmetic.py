"""Arithmetic that has a shorter way: divisors and powers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.numbers import at_least, counter_of
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["PowerModulo", "TrialDivision"]


class TrialDivision(Rule):
    """``for d in range(2, n): if n % d == 0: return False``."""

    id = "trial-division"
    about = About(
        summary="Divisors are tried up to the number itself, not to its square root",
        before="""\
import math


def is_prime(n: int) -> bool:
    if n < 2:
        return False
    for divisor in range(2, n):
        if n % divisor == 0:
            return False
    return True
""",
        after="""\
import math


def is_prime(n: int) -> bool:
    if n < 2:
        return False
    for divisor in range(2, math.isqrt(n) + 1):
        if n % divisor == 0:
            return False
    return True
""",
        why="A number that has a divisor at all has one that is not above its square root, and the smallest one is found first either way.",
        preconditions=(
            "the number is an `int`",
            "the loop is left at the first divisor, or only notes that there is one",
        ),
        references=("https://en.wikipedia.org/wiki/Trial_division",),
    )
    nodes = (ast.For, ast.comprehension)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over ``range(2, n)``."""
        if not isinstance(node, (ast.For, ast.comprehension)) or not isinstance(node.target, ast.Name):
            return
        number = _range_end(node.iter, module)
        if number is None or not isinstance(node.iter, ast.Call):
            return
        fits = (
            _first_hit(node, number, module) if isinstance(node, ast.For) else _any_hit(node, number, module)
        )
        if not fits:
            return
        evidence = Evidence()
        if not evidence.require(module.types.is_a(number, "int"), f"`{number.id}` is an `int`"):
            return
        root = module.imported("math", "isqrt", at=node)
        known = at_least(number, 0, node.iter, module) is Known.YES
        if "max" in module.scope(number).find("max").bindings:
            return
        inside = number.id if known else f"max({number.id}, 0)"
        yield module.finding(
            self,
            node.iter,
            f"No divisor need be tried above the square root of `{number.id}`.",
            evidence,
            title="Stop at the square root",
            edits=[module.replace(node.iter.args[1], f"{root}({inside}) + 1")],
            imports=[Import("math", "isqrt")],
        )


def _range_end(call: ast.expr, module: Module) -> ast.Name | None:
    """``n`` of ``range(2, n)`` or ``range(2, n // 2 + 1)``."""
    if not isinstance(call, ast.Call) or len(call.args) != 2 or not module.calls(call, "builtins.range"):
        return None
    first, last = call.args
    if not isinstance(first, ast.Constant) or first.value != 2 or type(first.value) is not int:
        return None
    match last:
        case ast.Name():
            return last
        case ast.BinOp(
            op=ast.Add(),
            left=ast.BinOp(left=ast.Name() as name, op=ast.FloorDiv(), right=ast.Constant(value=2)),
            right=ast.Constant(value=1),
        ):
            return name
    return None


def _divides(test: ast.expr, number: str, divisor: str) -> bool | None:
    """True for ``n % d == 0``, False for ``n % d != 0``, None for anything else."""
    match test:
        case ast.Compare(
            left=left, ops=[ast.Eq() | ast.NotEq() as operator], comparators=[ast.Constant(value=0)]
        ):
            return isinstance(operator, ast.Eq) if _remainder(left, number, divisor) else None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return True if _remainder(operand, number, divisor) else None
    return False if _remainder(test, number, divisor) else None


def _remainder(node: ast.expr, number: str, divisor: str) -> bool:
    match node:
        case ast.BinOp(left=ast.Name(id=left), op=ast.Mod(), right=ast.Name(id=right)):
            return left == number and right == divisor
    return False


def _first_hit(loop: ast.For, number: ast.Name, module: Module) -> bool:
    target = loop.target
    if (
        not isinstance(target, ast.Name)
        or len(loop.body) != 1
        or not isinstance(loop.body[0], ast.If)
        or loop.body[0].orelse
    ):
        return False
    test = loop.body[0]
    if _divides(test.test, number.id, target.id) is not True or module.flow.rebound(
        number, module.flow.region(loop)
    ):
        return False
    inside = frozenset(module.walk(*test.body))
    leaves = isinstance(test.body[-1], (ast.Return, ast.Raise, ast.Break)) and not any(
        isinstance(part, ast.Continue) and module.loops(part)[0] is loop for part in inside
    )
    notes = all(isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant) for part in test.body)
    notes = notes and all(
        isinstance(one, ast.Name)
        for part in test.body
        if isinstance(part, ast.Assign)
        for one in part.targets
    )
    if not leaves and not notes:
        return False
    # After a loop that found nothing its variable differs.
    region = module.flow.region(loop)
    if module.flow.owner(target).function.kind != "function":
        return False
    for use in module.flow.uses(target):
        if use in region:
            if not leaves and use in inside:
                return False
        elif counter_of(use, use, module) is None:
            return False
    return True


def _any_hit(loop: ast.comprehension, number: ast.Name, module: Module) -> bool:
    made = module.parent(loop)
    call = module.parent(made) if made is not None else None
    if (
        not isinstance(made, (ast.GeneratorExp, ast.ListComp))
        or len(made.generators) != 1
        or loop.is_async
        or not isinstance(call, ast.Call)
    ):
        return False
    target = loop.target
    if not isinstance(target, ast.Name) or loop.ifs:
        return False
    found = _divides(made.elt, number.id, target.id)
    return (found is True and module.calls(call, "builtins.any")) or (
        found is False and module.calls(call, "builtins.all")
    )


class PowerModulo(Rule):
    """``a ** b % m``."""

    id = "power-modulo"
    about = About(
        summary="A power is worked out in full before its remainder is taken",
        before="""\
def residues(base: int, count: int) -> list[int]:
    return [base ** n % 1000003 for n in range(count)]
""",
        after="""\
def residues(base: int, count: int) -> list[int]:
    return [pow(base, n, 1000003) for n in range(count)]
""",
        why="`pow` with three arguments keeps the numbers small all the way; the full power has thousands of digits.",
        preconditions=(
            "all three are `int`",
            "the exponent is not negative and the divisor not zero (other exceptions)",
        ),
        references=("https://docs.python.org/3/library/functions.html#pow",),
    )
    nodes = (ast.BinOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``%`` of ``**`` or of ``pow`` with two arguments."""
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mod):
            return
        power = node.left
        if isinstance(power, ast.BinOp) and isinstance(power.op, ast.Pow):
            base, exponent = power.left, power.right
        elif (
            isinstance(power, ast.Call)
            and len(power.args) == 2
            and not power.keywords
            and module.calls(power, "builtins.pow")
        ):
            base, exponent = power.args
        else:
            return
        if isinstance(exponent, ast.Constant) and (type(exponent.value) is not int or exponent.value < 8):
            return
        if "pow" in module.scope(node).find("pow").bindings:
            return
        evidence = Evidence()
        for part in (base, exponent, node.right):
            if not evidence.require(module.types.is_a(part, "int"), f"`{module.text(part)}` is an `int`"):
                return
        evidence.require(at_least(exponent, 0, node, module), f"`{module.text(exponent)}` is not negative")
        evidence.require(at_least(node.right, 1, node, module), f"`{module.text(node.right)}` is above zero")
        if evidence.violated or len(evidence.unknown) > 3:
            return
        text = f"pow({module.text(base)}, {module.text(exponent)}, {module.text(node.right)})"
        yield module.finding(
            self,
            node,
            "The whole power is worked out before the remainder is taken; `pow` with three arguments takes it on the way.",
            evidence,
            title=f"Use `{text}`",
            edits=[module.replace(node, text) if "\n" not in text else None],
        )
