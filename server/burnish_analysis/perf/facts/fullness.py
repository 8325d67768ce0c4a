"""Whether the code shows that a list holds something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.writing import is_call, same_name
from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["nonempty", "shrinks"]

_SHRINKING = frozenset({"pop", "popleft", "remove", "clear"})
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def shrinks(node: ast.AST, name: ast.Name, module: Module) -> Iterator[ast.AST]:
    """The places in a node where a list may lose items or the variable may get another value."""
    inside = set(walk(node))
    for use in module.flow.uses(name):
        if use not in inside:
            continue
        parent = module.parent(use)
        if isinstance(parent, ast.Attribute) and parent.attr in _SHRINKING:
            yield use
        elif (
            isinstance(parent, ast.Subscript) and parent.value is use and not isinstance(parent.ctx, ast.Load)
        ):
            if isinstance(parent.ctx, ast.Del) or isinstance(parent.slice, ast.Slice):
                yield use
        elif not isinstance(parent, ast.Attribute) and not module.flow.only_reads(use):
            yield use
    for binding in module.flow.bindings(name):
        if binding.node in inside and binding.kind != "augment":
            yield binding.node


def nonempty(use: ast.Name, module: Module) -> bool:
    """Whether the code shows that a list holds something where ``use`` stands: a test around or before, and nothing taken out since."""
    name = use.id
    inner: ast.stmt = module.statement(use)
    own = [
        place
        for place in shrinks(inner, use, module)
        if place is not use
        and not (isinstance(inner, ast.Assign) and isinstance(getattr(place, "ctx", None), ast.Store))
    ]
    if own or any(
        isinstance(outer, (ast.comprehension, ast.Lambda)) for outer in _within_statement(use, module)
    ):
        return False
    while True:
        for earlier in reversed(_before(inner, module)):
            if _leaves_if_empty(earlier, name, module):
                return True
            if any(shrinks(earlier, use, module)):
                return False
        outer = module.parent(inner)
        if isinstance(outer, (ast.If, ast.While)):
            true = any(part is inner for part in outer.body)
            if any(shrinks(outer.test, use, module)):
                return False
            if _says_nonempty(outer.test, name, module) if true else _says_empty(outer.test, name, module):
                return isinstance(outer, ast.If) or true
            if isinstance(outer, ast.While):
                return False
        elif isinstance(outer, ast.For):
            return _counted(outer, use, module)
        elif not isinstance(outer, ast.With) and not (
            isinstance(outer, ast.Try) and any(part is inner for part in outer.body)
        ):
            return False
        inner = outer


def _within_statement(use: ast.AST, module: Module) -> Iterator[ast.AST]:
    for outer in module.ancestors(use):
        if isinstance(outer, ast.stmt):
            return
        yield outer


def _before(statement: ast.stmt, module: Module) -> list[ast.stmt]:
    block = module.block(statement)
    place = next(i for i, part in enumerate(block) if part is statement)
    return block[:place]


def _counted(loop: ast.For, use: ast.Name, module: Module) -> bool:
    """``for … in range(len(xs))`` in which ``use`` is the only place that takes something out."""
    counted = loop.iter
    if not is_call(counted, module, "builtins.range") or not isinstance(counted, ast.Call):
        return False
    inside = counted.args[0]
    if not is_call(inside, module, "builtins.len") or not isinstance(inside, ast.Call):
        return False
    places = [place for part in loop.body for place in shrinks(part, use, module)]
    return same_name(inside.args[0], use.id) and places == [use]


def _leaves_if_empty(statement: ast.stmt, name: str, module: Module) -> bool:
    return (
        isinstance(statement, ast.If)
        and not statement.orelse
        and isinstance(statement.body[-1], _JUMPS)
        and _says_empty(statement.test, name, module)
    )


def _says_nonempty(test: ast.expr, name: str, module: Module) -> bool:
    """Whether a true test means that the list holds something."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_says_nonempty(part, name, module) for part in test.values)
    if same_name(test, name):
        return True
    if is_call(test, module, "builtins.len") and isinstance(test, ast.Call):
        return same_name(test.args[0], name)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _says_empty(test.operand, name, module)
    number = _length_compared(test, name, module)
    if number is None or not isinstance(test, ast.Compare):
        return False
    op = test.ops[0]
    return (isinstance(op, ast.Gt) and number >= 0) or (isinstance(op, (ast.GtE, ast.Eq)) and number >= 1) or (
        isinstance(op, ast.NotEq) and number == 0
    )  # fmt: skip


def _says_empty(test: ast.expr, name: str, module: Module) -> bool:
    """Whether a false test means that the list holds something."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_says_empty(part, name, module) for part in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return same_name(test.operand, name) or _says_nonempty(test.operand, name, module)
    number = _length_compared(test, name, module)
    if number is None or not isinstance(test, ast.Compare):
        return False
    op = test.ops[0]
    return (isinstance(op, (ast.Eq, ast.LtE)) and number == 0) or (isinstance(op, ast.Lt) and number == 1)


def _length_compared(test: ast.expr, name: str, module: Module) -> int | None:
    """``n`` of ``len(name) <op> n``."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right = test.left, test.comparators[0]
    if not is_call(left, module, "builtins.len") or not isinstance(left, ast.Call):
        return None
    if not same_name(left.args[0], name) or not isinstance(right, ast.Constant):
        return None
    return right.value if type(right.value) is int else None
