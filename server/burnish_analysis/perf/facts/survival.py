"""Whether the value that a variable has at one place may still be read at a later one."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from burnish_analysis.perf.facts.sequences import dominates, whole_local
from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["loop_target_survives", "survives"]


def survives(name: ast.Name, statement: ast.stmt, module: Module) -> bool:
    """Whether the value that a variable has after a loop or statement may be read later."""
    if not whole_local(name, module):
        return True
    inside = set(walk(statement))
    begins, ends = module.start(statement), module.end(statement)
    around = module.loops(statement)
    outer = frozenset(module.ancestors(statement))
    for use in module.flow.uses(name):
        if use in inside and not _in_else(use, statement, module):
            again = (
                isinstance(statement, (ast.For, ast.AsyncFor))
                and around
                and _within(use, statement.iter, module)
            )
            if again and not _bound_since(use, statement, outer, module):
                return True
            continue
        place = module.start(use)
        if place < begins and not any(use in module.flow.region(loop) for loop in around):
            continue
        outside = place >= ends or place < begins
        if not (outside and _bound_since(use, statement, outer, module)):
            return True
    return False


def loop_target_survives(loop: ast.For, module: Module) -> bool:
    """Whether a variable that a loop binds may be read after it."""
    return any(
        survives(part, loop, module) for part in walk(loop.target) if isinstance(part, ast.Name)
    ) or any(isinstance(part, (ast.Attribute, ast.Subscript)) for part in walk(loop.target))


def _in_else(use: ast.AST, statement: ast.stmt, module: Module) -> bool:
    return any(_within(use, part, module) for part in getattr(statement, "orelse", ()))


def _within(use: ast.AST, part: ast.AST, module: Module) -> bool:
    return use is part or any(outer is part for outer in module.ancestors(use))


@dataclass(frozen=True, slots=True)
class _Binders:
    """What certainly binds the variable of one use anew before it: loops around it, and assignments that it comes after."""

    loops: tuple[ast.AST, ...]
    assignments: tuple[ast.stmt, ...]
    #: Where the last of the assignments begins.
    last: int


_BINDERS: WeakKeyDictionary[Module, dict[ast.Name, _Binders]] = WeakKeyDictionary()


def _binders(use: ast.Name, module: Module) -> _Binders:
    known = _BINDERS.setdefault(module, {})
    if use not in known:
        owners = {binding.owner: None for binding in module.flow.bindings(use)}
        around = frozenset(module.ancestors(use))
        loops = tuple(
            owner
            for owner in owners
            if owner in around
            and isinstance(owner, (ast.For, ast.AsyncFor))
            and use in module.flow.region(owner)
        )
        assignments = tuple(
            owner
            for owner in owners
            if isinstance(owner, (ast.Assign, ast.AnnAssign))
            and owner.value is not None
            and module.parent(owner) in around
            and dominates(owner, use, module)
        )
        known[use] = _Binders(loops, assignments, max(map(module.start, assignments), default=-1))
    return known[use]


def _bound_since(use: ast.Name, statement: ast.stmt, outer: frozenset[ast.AST], module: Module) -> bool:
    """Whether the variable is certainly bound anew between ``statement`` (inside ``outer``) and a later ``use``."""
    binders = _binders(use, module)
    if any(loop is not statement and loop not in outer for loop in binders.loops):
        return True
    if binders.last >= module.end(statement):
        return True
    if not binders.assignments:
        return False
    shared = next((loop for loop in module.loops(statement) if use in module.flow.region(loop)), None)
    return shared is not None and any(owner in module.flow.region(shared) for owner in binders.assignments)
