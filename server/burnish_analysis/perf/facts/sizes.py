"""Whether a container certainly holds something, and which containers can be read again and again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from burnish_analysis.perf.model import Known

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Loop, Module

__all__ = ["iterates", "nonempty", "rereadable"]

_CONTAINERS = frozenset({
    "list", "tuple", "set", "frozenset", "dict", "str", "bytes", "bytearray", "range", "dict_keys", "dict_values", "dict_items",
    "collections.deque", "collections.Counter", "collections.defaultdict", "collections.OrderedDict",
})  # fmt: skip
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def rereadable(node: ast.expr, module: Module) -> Known:
    """Whether iterating over a value leaves it as it was: a container, not an iterator."""
    kind = module.types.of(node)
    if kind is None:
        return Known.UNKNOWN
    if kind.name in ("generator", "iterator", "file"):
        return Known.NO
    return Known.of(kind.name in _CONTAINERS)


def iterates(loop: Loop, name: ast.expr, module: Module) -> bool:
    """Whether a loop has a round only if the container ``name`` holds something."""
    if isinstance(loop, ast.While):
        return module.same(loop.test, name)
    over: ast.expr = loop.iter
    if (
        isinstance(over, ast.Call)
        and isinstance(over.func, ast.Attribute)
        and over.func.attr in ("items", "keys", "values")
        and not over.args
    ):
        over = over.func.value
    while isinstance(over, ast.Call) and over.args and not isinstance(over.args[0], ast.Starred):
        called = module.qualified(over.func)
        if called == "builtins.zip":
            return any(module.same(part, name) for part in over.args)
        if called == "builtins.range":
            if len(over.args) == 3:
                return False
            over = over.args[0 if len(over.args) == 1 else 1]
            if isinstance(over, ast.Call) and module.calls(over, "builtins.len") and len(over.args) == 1:
                return module.same(over.args[0], name) and _no_sooner(loop)
            return False
        if called not in (
            "builtins.enumerate",
            "builtins.reversed",
            "builtins.sorted",
            "builtins.list",
            "builtins.set",
            "builtins.tuple",
        ):
            return False
        over = over.args[0]
    if isinstance(over, ast.Subscript) and isinstance(over.slice, ast.Slice):
        over = over.value
    return module.same(over, name)


def _no_sooner(loop: ast.For | ast.AsyncFor | ast.comprehension) -> bool:
    """Whether a ``range(a, len(xs))`` begins at nothing below zero."""
    call = loop.iter
    if not isinstance(call, ast.Call) or len(call.args) == 1:
        return True
    first = call.args[0]
    return isinstance(first, ast.Constant) and isinstance(first.value, int) and first.value >= 0


def nonempty(name: ast.expr, statement: ast.stmt, module: Module) -> Known:
    """Whether a variable's container holds something when ``statement`` begins: made so, or tested before."""
    if not isinstance(name, ast.Name):
        return Known.UNKNOWN
    bindings = module.flow.bindings(name)
    if len(bindings) == 1 and _holds(bindings[0].value) and module.flow.private(name):
        return Known.of(not any(module.flow.mutates(use) for use in module.flow.uses(name)))
    inner: ast.AST = statement
    while isinstance(inner, ast.stmt):
        for before in module.block(inner):
            if before is inner:
                break
            if _guards(before, name, module):
                return Known.of(_untouched(name, module.end(before), statement, module))
        outer = module.parent(inner)
        within = isinstance(outer, (ast.If, ast.While)) and any(part is inner for part in outer.body)
        if isinstance(outer, (ast.If, ast.While)) and within and _is_filled(outer.test, name, module):
            return Known.of(_untouched(name, module.end(outer.test), statement, module))
        if (
            isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module, ast.ClassDef))
            or outer is None
        ):
            break
        while outer is not None and not isinstance(outer, ast.stmt):
            outer = module.parent(outer)
        if outer is None:
            break
        inner = outer
    return Known.UNKNOWN


def _holds(value: ast.expr | None) -> bool:
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return any(not isinstance(part, ast.Starred) for part in value.elts)
    return isinstance(value, ast.Dict) and any(key is not None for key in value.keys)


def _guards(statement: ast.stmt, name: ast.Name, module: Module) -> bool:
    """``if not xs: return``"""
    if not isinstance(statement, ast.If) or statement.orelse or not isinstance(statement.body[-1], _LEAVING):
        return False
    tests = (
        statement.test.values
        if isinstance(statement.test, ast.BoolOp) and isinstance(statement.test.op, ast.Or)
        else [statement.test]
    )
    return any(_is_empty(test, name, module) for test in tests)


def _is_empty(test: ast.expr, name: ast.Name, module: Module) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _is_filled(test.operand, name, module)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and _is_length(test.left, name, module):
        limit = test.comparators[0]
        if isinstance(limit, ast.Constant) and isinstance(limit.value, int):
            return (
                (isinstance(test.ops[0], ast.Eq) and limit.value == 0)
                or (isinstance(test.ops[0], ast.Lt) and limit.value >= 1)
                or (isinstance(test.ops[0], ast.LtE) and limit.value >= 0)
            )
    return False


def _is_filled(test: ast.expr, name: ast.Name, module: Module) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_is_filled(part, name, module) for part in test.values)
    if module.same(test, name) or _is_length(test, name, module):
        return True
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and _is_length(test.left, name, module):
        limit = test.comparators[0]
        if isinstance(limit, ast.Constant) and isinstance(limit.value, int):
            return (
                (isinstance(test.ops[0], ast.Gt) and limit.value >= 0)
                or (isinstance(test.ops[0], ast.GtE) and limit.value >= 1)
                or (isinstance(test.ops[0], ast.NotEq) and limit.value == 0)
            )
    return False


def _is_length(node: ast.expr, name: ast.Name, module: Module) -> bool:
    return (
        isinstance(node, ast.Call)
        and module.calls(node, "builtins.len")
        and len(node.args) == 1
        and module.same(node.args[0], name)
    )


def _untouched(name: ast.Name, start: int, statement: ast.stmt, module: Module) -> bool:
    """Whether nothing between a place and a statement (its earlier rounds included) empties, rebinds or hands out the container."""
    end = module.start(statement)
    for loop in module.loops(statement):
        if isinstance(loop, ast.stmt) and module.start(loop) >= start:
            end = max(end, module.end(loop))
    owner = module.flow.owner(name)
    if owner.function.kind != "function":
        return False
    for binding in owner.bindings.get(name.id, ()):
        place = module.start(binding.node)
        if start <= place < end:
            return False
    private = module.flow.private(name)
    inside = [use for use in module.flow.uses(name) if start <= module.start(use) < end]
    if any(not module.flow.only_reads(use) for use in inside):
        return False
    if private:
        return True
    function = owner.node
    calls = module.effects.unknown_calls(*getattr(function, "body", ()))
    return not any(start <= module.start(call) < end for call in calls if hasattr(call, "lineno"))
