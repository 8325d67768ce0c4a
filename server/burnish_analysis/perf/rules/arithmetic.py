"""Arithmetic that has a shorter way: divisors, powers, sums of beginnings."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sizes import at_least, counter_of
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import plan

__all__ = ["PowerModulo", "PrefixSums", "TrialDivision"]


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
        preconditions=("the number is an `int`", "the loop is left at the first divisor, or only notes that there is one"),
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
        fits = _first_hit(node, number, module) if isinstance(node, ast.For) else _any_hit(node, number, module)
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
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as operator], comparators=[ast.Constant(value=0)]):
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
    if not isinstance(target, ast.Name) or len(loop.body) != 1 or not isinstance(loop.body[0], ast.If) or loop.body[0].orelse:
        return False
    test = loop.body[0]
    if _divides(test.test, number.id, target.id) is not True or module.flow.rebound(number, module.flow.region(loop)):
        return False
    inside = frozenset(module.walk(*test.body))
    leaves = isinstance(test.body[-1], (ast.Return, ast.Raise, ast.Break))
    notes = all(isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant) for part in test.body)
    notes = notes and all(isinstance(one, ast.Name) for part in test.body if isinstance(part, ast.Assign) for one in part.targets)
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
    if not isinstance(made, (ast.GeneratorExp, ast.ListComp)) or len(made.generators) != 1 or loop.is_async or not isinstance(call, ast.Call):
        return False
    target = loop.target
    if not isinstance(target, ast.Name) or loop.ifs:
        return False
    found = _divides(made.elt, number.id, target.id)
    return found is True and module.calls(call, "builtins.any") or found is False and module.calls(call, "builtins.all")


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
        preconditions=("all three are `int`", "the exponent is not negative and the divisor not zero (other exceptions)"),
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
        elif isinstance(power, ast.Call) and len(power.args) == 2 and not power.keywords and module.calls(power, "builtins.pow"):
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


class PrefixSums(Rule):
    """``sum(xs[:i])`` in a loop over ``i``."""

    id = "prefix-sums"
    about = About(
        summary="The beginning of a list is summed up again in every round of a loop",
        before="""\
from itertools import accumulate


def running(values: list[int]) -> list[int]:
    return [sum(values[: place + 1]) for place in range(len(values))]
""",
        after="""\
from itertools import accumulate


def running(values: list[int]) -> list[int]:
    sums = [0, *accumulate(values)]
    return [sums[place + 1] for place in range(len(values))]
""",
        why="Each round adds up all values again; `accumulate` gives every sum in one pass.",
        preconditions=("the list does not change while the loop runs", "it holds whole numbers", "the index stays within the list"),
        references=("https://docs.python.org/3/library/itertools.html#itertools.accumulate",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sum`` of a slice of a list, in a loop."""
        name = _summed(node, module)
        if name is None or not module.loops(node):
            return
        evidence = Evidence()
        hoist = plan(name, module, evidence, lambda _loop: _whole_numbers(name, module), lambda spot: _beginning(spot, module) is not None)
        if hoist is None or module.types.name(name) not in ("list", "tuple", ""):
            return
        evidence.require(module.types.is_a(name, "list", "tuple"), f"`{name.id}` is a list")
        evidence.require(_whole_numbers(name, module), f"`{name.id}` holds whole numbers, whose sums do not depend on the order")
        fresh = module.fresh_name(node, "sums", f"{name.id}_sums")
        accumulate = module.imported("itertools", "accumulate", at=node)
        edits = [module.insert_before(hoist.statement, f"{fresh} = [0, *{accumulate}({name.id})]")]
        for spot in hoist.spots:
            made = _beginning(spot, module)
            assert made is not None
            call, text, shown = made
            evidence.require(shown, "the places lie within the list, in order")
            edits.append(module.replace(call, text.format(sums=fresh)))
        yield module.finding(
            self,
            node,
            f"The values of `{name.id}` are added up again in every round; `accumulate` gives all these sums in one pass.",
            evidence,
            title="Add them up once, with `accumulate`",
            edits=edits,
            imports=[Import("itertools", "accumulate")],
        )


def _summed(node: ast.AST, module: Module) -> ast.Name | None:
    """``xs`` of ``sum(xs[:i])``."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.Subscript):
        return None
    cut = node.args[0]
    if not isinstance(cut.slice, ast.Slice) or cut.slice.step is not None or not isinstance(cut.value, ast.Name):
        return None
    if all(part is None or isinstance(part, ast.Constant) for part in (cut.slice.lower, cut.slice.upper)):
        return None
    return cut.value if module.calls(node, "builtins.sum") else None


def _whole_numbers(name: ast.Name, module: Module) -> Known:
    kind = module.types.of(name)
    if kind is None or kind.element is None:
        return Known.UNKNOWN
    return Known.of(kind.element.name == "int")


def _beginning(spot: ast.expr, module: Module) -> tuple[ast.Call, str, Known] | None:
    """The call around ``xs`` in ``sum(xs[a:b])``, the difference of sums that gives the same, and whether the places are shown to fit."""
    cut = module.parent(spot)
    call = module.parent(cut) if cut is not None else None
    if call is None or _summed(call, module) is not spot or not isinstance(cut, ast.Subscript) or not isinstance(cut.slice, ast.Slice):
        return None
    assert isinstance(call, ast.Call) and isinstance(spot, ast.Name)
    lower, upper = cut.slice.lower, cut.slice.upper
    if any(isinstance(part, ast.Call) for end in (lower, upper) if end is not None for part in ast.walk(end)):
        return None
    fits = Known.YES
    for end in (lower, upper):
        if end is not None:
            fits &= _within(end, spot, module)
    last = f"{{sums}}[{module.text(upper)}]" if upper is not None else "{sums}[-1]"
    if lower is None:
        return call, last, fits
    if upper is not None:
        fits = Known.UNKNOWN
    return call, f"{last} - {{sums}}[{module.text(lower)}]", fits


def _within(end: ast.expr, values: ast.Name, module: Module) -> Known:
    """Whether a place is certainly between 0 and the length: a counter over the list, or one more."""
    more = 0
    if isinstance(end, ast.BinOp) and isinstance(end.op, ast.Add) and isinstance(end.right, ast.Constant) and end.right.value == 1:
        end, more = end.left, 1
    if not isinstance(end, ast.Name):
        return Known.UNKNOWN
    counted = counter_of(end, values, module)
    if counted is None:
        return Known.UNKNOWN
    loop = counted[0]
    call = loop.iter
    if not isinstance(call, ast.Call) or at_least(end, 0, values, module) is not Known.YES:
        return Known.UNKNOWN
    if module.calls(call, "builtins.enumerate"):
        return Known.of(module.same(call.args[0], values))
    top = call.args[0] if len(call.args) == 1 else call.args[1]
    if more == 0 and isinstance(top, ast.BinOp) and isinstance(top.op, ast.Add) and isinstance(top.right, ast.Constant) and top.right.value == 1:
        top = top.left
    fits = isinstance(top, ast.Call) and module.calls(top, "builtins.len") and len(top.args) == 1 and module.same(top.args[0], values)
    return Known.of(fits)
