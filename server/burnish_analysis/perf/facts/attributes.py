"""What a class's own code says of the types of its attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard
from weakref import WeakKeyDictionary

from burnish_analysis.perf.facts.types import Type
from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["attribute_type"]


def attribute_type(node: ast.AST, module: Module) -> Type | None:
    """The type of ``self.name`` by the class around: its annotation, or what every assignment in the class agrees on.

    A subclass or others may assign something else, so this is a hint and shows nothing.
    """
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id != "self":
        return None
    around = next((outer for outer in module.ancestors(node) if isinstance(outer, ast.ClassDef)), None)
    if around is None:
        return None
    found: Type | None = None
    for kind in _assigned(around, node.attr, module):
        if kind is None or (found is not None and kind.name != found.name):
            return None
        found = kind if found is None or kind.args else Type(found.name, (), found.declared)
    return found


#: Of each class, what is assigned to each attribute: types, and None for a method.
_ASSIGNED: WeakKeyDictionary[Module, dict[ast.ClassDef, dict[str, list[ast.AST]]]] = WeakKeyDictionary()


def _assigned(around: ast.ClassDef, name: str, module: Module) -> Iterator[Type | None]:
    known = _ASSIGNED.setdefault(module, {})
    if around not in known:
        known[around] = _assignments(around)
    for part in known[around].get(name, ()):
        if isinstance(part, ast.Assign):
            yield module.types.of(part.value)
        elif isinstance(part, ast.AnnAssign):
            yield module.types.of_annotation(part.annotation)
        else:
            yield None


def _assignments(around: ast.ClassDef) -> dict[str, list[ast.AST]]:
    """By attribute: the assignments in a class, the annotations of its body, and its methods."""
    found: dict[str, list[ast.AST]] = {}
    own = set(around.body)
    for part in walk(around):
        names: set[str] = set()
        if isinstance(part, ast.Assign):
            names = {target.attr for target in part.targets if _of_self(target)}
        elif isinstance(part, ast.AnnAssign):
            if isinstance(part.target, ast.Name) and part in own:
                names = {part.target.id}
            elif _of_self(part.target):
                names = {part.target.attr}
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)) and part in own:
            names = {part.name}
        for name in names:
            found.setdefault(name, []).append(part)
    return found


def _of_self(target: ast.expr) -> TypeGuard[ast.Attribute]:
    return (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    )
