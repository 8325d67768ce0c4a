"""Changes in place: which objects a piece of code changes, and whether one of them may be the object that a name means."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.kinds import Type
from burnish_analysis.perf.facts.tables import DEFAULTING, IMMUTABLE, MUTATORS

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["changed_attribute", "changed_in_place", "contents_may_be_changed", "may_be_changed"]


def changed_attribute(node: ast.Attribute, module: Module) -> bool:
    """Whether an object that an attribute names is changed here (``self.items.append(x)``)."""
    parent = module.parent(node)
    return isinstance(parent, (ast.Subscript, ast.Attribute)) and changed_in_place(parent, module) is node


def changed_in_place(node: ast.AST, module: Module) -> ast.expr | None:
    """The expression whose object ``node`` changes: by a store into it, a mutating method, ``+=``, or reading an item that is made then."""
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        if not isinstance(node.ctx, ast.Load):
            return node.value
        if isinstance(node, ast.Subscript) and module.types.name(node.value) == DEFAULTING:
            return node.value
        call = module.parent(node)
        called = isinstance(node, ast.Attribute) and isinstance(call, ast.Call) and call.func is node
        return node.value if called and isinstance(node, ast.Attribute) and node.attr in MUTATORS else None
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return node.target if _in_place(node.target, module) else None
    return None


def _in_place(target: ast.Name, module: Module) -> bool:
    """Whether ``+=`` may change the object: not where every plain binding gives a number, a text or a tuple."""
    kinds = [
        module.types.of_binding(binding)
        for binding in module.flow.bindings(target)
        if binding.kind not in ("augment", "delete")
    ]
    return not kinds or any(kind is None or kind.name not in IMMUTABLE for kind in kinds)


def may_be_changed(name: ast.Name, region: Iterable[ast.AST], module: Module) -> bool:
    """Whether something else that a region changes in place may be the object ``name`` means: nobody's own, of a type that agrees."""
    kind = module.types.of(name)
    for node in region:
        changed = changed_in_place(node, module)
        if changed is None or (
            isinstance(changed, ast.Name) and (changed.id == name.id or module.flow.private(changed))
        ):
            continue
        other = module.types.of(changed)
        if kind is None or other is None or kind.name == other.name:
            return True
    return False


def contents_may_be_changed(name: ast.Name, region: Iterable[ast.AST], module: Module) -> bool:
    """Whether something that a region changes in place may be held by the container ``name`` means (``rows[0].append(x)``).

    Attributes that are assigned to do not count. Where the type of ``name`` is not known, :func:`may_be_changed` has answered this, too.
    """
    kind = module.types.of(name)
    held = _held(kind) if kind is not None else frozenset()
    if not held:
        return False
    for node in region:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            continue
        changed = changed_in_place(node, module)
        if changed is None or (
            isinstance(changed, ast.Name) and (changed.id == name.id or module.flow.private(changed))
        ):
            continue
        other = module.types.name(changed)
        if not other or "" in held or other in held:
            return True
    return False


def _held(kind: Type) -> frozenset[str]:
    """The names of the types that can change of what a container holds, however deep; the empty one where that is not known."""
    if kind.name in IMMUTABLE - {"tuple"}:
        return frozenset()
    found = set[str]()
    for part in kind.args or (None,):
        if part is None:
            found.add("")
        elif part.name not in IMMUTABLE:
            found.add(part.name)
        if part is not None and part.name not in IMMUTABLE - {"tuple"}:
            found |= _held(part)
    return frozenset(found)
