"""What a class's own code says of the types of its attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.types import Type

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


def _assigned(around: ast.ClassDef, name: str, module: Module) -> Iterator[Type | None]:
    for part in ast.walk(around):
        if isinstance(part, ast.Assign):
            if any(_means(target, name) for target in part.targets):
                yield module.types.of(part.value)
        elif isinstance(part, ast.AnnAssign):
            own = isinstance(part.target, ast.Name) and part.target.id == name and part in around.body
            if own or _means(part.target, name):
                yield module.types.of_annotation(part.annotation)
        elif (
            isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))
            and part in around.body
            and part.name == name
        ):
            yield None


def _means(target: ast.expr, name: str) -> bool:
    return (
        isinstance(target, ast.Attribute)
        and target.attr == name
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    )
