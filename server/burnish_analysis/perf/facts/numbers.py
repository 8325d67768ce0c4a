"""How small a whole number can be, and what counts it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from burnish_analysis.perf.model import Known

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["at_least", "counter_of"]

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def at_least(node: ast.expr, bound: int, at: ast.AST, module: Module) -> Known:
    """Whether a whole number is certainly not below ``bound`` where ``at`` is evaluated: written, a length, a counter, or tested before.

    UNKNOWN where nothing shows it. That the value is an ``int`` is not answered here.
    """
    if isinstance(node, ast.Constant):
        value = node.value
        return (Known.YES if value >= bound else Known.NO) if type(value) is int else Known.UNKNOWN
    if isinstance(node, ast.Call) and module.calls(node, "builtins.len"):
        return Known.of(bound <= 0)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.right, ast.Constant):
        added = node.right.value
        return at_least(node.left, bound - added, at, module) if type(added) is int else Known.UNKNOWN
    if not isinstance(node, ast.Name):
        return Known.UNKNOWN
    counted = counter_of(node, at, module)
    if counted is not None:
        return _counter(counted[0], counted[1], bound, at, module)
    bindings = module.flow.bindings(node)
    if len(bindings) != 1:
        return Known.UNKNOWN
    only = bindings[0]
    if only.kind in ("assign", "annotate") and isinstance(only.value, (ast.Constant, ast.Call)):
        return Known.YES if at_least(only.value, bound, at, module) is Known.YES else Known.UNKNOWN
    return Known.of(_tested_before(node, bound, at, module))


def counter_of(
    name: ast.Name, at: ast.AST, module: Module
) -> tuple[ast.For | ast.comprehension, ast.AST] | None:
    """The loop around ``at`` whose variable ``name`` is there, where the loop's rounds do not bind it otherwise; and the target itself."""
    for loop in module.loops(at):
        if not isinstance(loop, (ast.For, ast.comprehension)):
            continue
        region = module.flow.region(loop)
        inside = [one for one in module.flow.bindings(name) if one.node in region]
        if inside:
            return (
                (loop, inside[0].node)
                if len(inside) == 1 and inside[0].owner is loop and inside[0].kind == "for"
                else None
            )
    return None


def _counter(
    loop: ast.For | ast.comprehension, target: ast.AST, bound: int, at: ast.AST, module: Module
) -> Known:
    """A loop variable over ``range(a, …)`` with ``a`` large enough and a step up, or counted by ``enumerate``."""
    call = loop.iter
    if (
        not isinstance(call, ast.Call)
        or not call.args
        or any(isinstance(part, ast.Starred) for part in call.args)
    ):
        return Known.UNKNOWN
    if (
        module.calls(call, "builtins.enumerate")
        and isinstance(loop.target, ast.Tuple)
        and loop.target.elts[0] is target
    ):
        return Known.of(len(call.args) == 1 and not call.keywords and bound <= 0)
    if not module.calls(call, "builtins.range") or loop.target is not target:
        return Known.UNKNOWN
    if len(call.args) == 1:
        return Known.of(bound <= 0)
    if len(call.args) == 3 and at_least(call.args[2], 1, at, module) is not Known.YES:
        return Known.UNKNOWN
    return Known.YES if at_least(call.args[0], bound, at, module) is Known.YES else Known.UNKNOWN


def _tested_before(name: ast.Name, bound: int, at: ast.AST, module: Module) -> bool:
    """``if n < 2: return`` before, or ``if n > 1:`` around; the variable is bound once, so that it is still the same."""
    inner = module.statement(at)
    while True:
        for before in module.block(inner):
            if before is inner:
                break
            if (
                isinstance(before, ast.If)
                and not before.orelse
                and isinstance(before.body[-1], _LEAVING)
                and _limited(before.test, ast.Or, name.id, (ast.Lt, ast.LtE), bound)
            ):
                return True
        outer = module.parent(inner)
        if (
            isinstance(outer, (ast.If, ast.While))
            and any(part is inner for part in outer.body)
            and _limited(outer.test, ast.And, name.id, (ast.Gt, ast.GtE), bound)
        ):
            return True
        while outer is not None and not isinstance(outer, ast.stmt):
            outer = module.parent(outer)
        if outer is None or isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return False
        inner = outer


def _limited(
    test: ast.expr, joined: type[ast.boolop], name: str, kinds: tuple[type[ast.cmpop], ...], bound: int
) -> bool:
    """Whether a test, or one of several that are joined, keeps a number from being below ``bound``."""
    tests = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, joined) else [test]
    return any((limit := _limit(part, name, kinds)) is not None and limit >= bound for part in tests)


def _limit(test: ast.expr, name: str, kinds: tuple[type[ast.cmpop], ...]) -> int | None:
    """Of ``n < 2`` or ``n <= 1`` (left when true), or ``n > 1`` or ``n >= 2`` (needed): the least value, here 2."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], kinds):
        return None
    limit = test.comparators[0]
    if (
        not isinstance(test.left, ast.Name)
        or test.left.id != name
        or not isinstance(limit, ast.Constant)
        or type(limit.value) is not int
    ):
        return None
    return limit.value + isinstance(test.ops[0], (ast.LtE, ast.Gt))
