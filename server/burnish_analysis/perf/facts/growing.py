"""A variable that every round of a loop replaces by a longer copy of itself, and how to collect the pieces instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.patterns import is_name, mentions
from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["Growing", "growing", "joined_pair"]


@dataclass(frozen=True, slots=True)
class Growing:
    """``name = call(… name …)`` in ``loop``, in which the variable is not used otherwise."""

    name: ast.Name
    call: ast.Call
    statement: ast.Assign
    loop: ast.For | ast.While

    def edits(self, module: Module, pieces: str, begin: str, piece: str, end: str) -> Iterator[Edit | None]:
        """Edits: a list before the loop, an item in it, and the whole after it."""
        yield module.insert_before(self.loop, f"{pieces} = {begin}")
        yield Edit(module.start(self.statement), module.end(self.statement), f"{pieces}.append({piece})")
        yield module.insert_after(self.loop, f"{self.name.id} = {end}")


def growing(statement: ast.AST, module: Module) -> Growing | None:
    """The outermost loop in which a statement alone uses the variable that it makes longer."""
    if (
        not isinstance(statement, ast.Assign)
        or len(statement.targets) != 1
        or not isinstance(statement.targets[0], ast.Name)
    ):
        return None
    call, name = statement.value, statement.targets[0]
    if not isinstance(call, ast.Call) or not mentions(call, name.id):
        return None
    scope = module.flow.owner(name)
    inside = set(walk(statement))
    uses = [*scope.uses.get(name.id, ()), *(binding.node for binding in scope.bindings.get(name.id, ()))]
    if scope.kind not in ("function", "module") or any(
        module.scope(use).function is not scope for use in uses
    ):
        return None
    if sum(1 for use in uses if use in inside) != 2:
        return None
    chosen: ast.For | ast.While | None = None
    for loop in module.loops(statement):
        if not isinstance(loop, (ast.For, ast.While)) or loop.orelse:
            break
        around = set(walk(loop))
        if any(use in around and use not in inside for use in uses):
            break
        chosen = loop
    if chosen is None or any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in walk(chosen)):
        return None
    return Growing(name, call, statement, chosen)


def joined_pair(found: Growing) -> ast.expr | None:
    """``x`` of ``concat([name, x])`` and ``concat((name, x))``."""
    first = found.call.args[0] if len(found.call.args) == 1 else None
    if (
        not isinstance(first, (ast.List, ast.Tuple))
        or len(first.elts) != 2
        or not is_name(first.elts[0], found.name.id)
    ):
        return None
    return (
        None
        if isinstance(first.elts[1], ast.Starred) or mentions(first.elts[1], found.name.id)
        else first.elts[1]
    )
