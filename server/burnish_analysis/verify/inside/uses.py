"""How a value is used, and where functions are defined. Reads syntax only."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Spec", "Use", "find_definition", "literals"]

#: What to generate, as nested lists: ``"int"``, ``["list", "int"]``, ``["dict", "str", "num"]`` ...
Spec = Any


@dataclass(eq=False)
class Use:
    """How one value is used, and what is known of the values inside it."""

    kinds: set[str] = field(default_factory=set)
    inner: Use | None = None
    key: Use | None = None
    fixed: list[Use] = field(default_factory=list)
    attributes: dict[str, Use] = field(default_factory=dict)
    result: Use | None = None
    literals: list[str] = field(default_factory=list)
    #: Values it is compared with, so of the same kind.
    like: list[Use] = field(default_factory=list)

    def item(self) -> Use:
        """What it holds."""
        if self.inner is None:
            self.inner = Use()
        return self.inner

    def keyed(self) -> Use:
        """Its keys."""
        if self.key is None:
            self.key = Use()
        return self.key

    def attribute(self, name: str) -> Use:
        """One of its attributes."""
        return self.attributes.setdefault(name, Use())


def find_definition(tree: ast.Module, function: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The last definition of the dotted name ``function`` in the module."""
    body: list[ast.stmt] = tree.body
    *outer, last = function.split(".")
    for name in outer:
        found = [node for node in _flat(body) if isinstance(node, ast.ClassDef) and node.name == name]
        if not found:
            return None
        body = found[-1].body
    named = [
        node
        for node in _flat(body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == last
    ]
    return named[-1] if named else None


def _flat(body: list[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            found += _flat([n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)])
    return found


def literals(function: ast.AST) -> dict[str, list[Any]]:
    """The whole numbers, floats and strings that the code mentions, docstrings left out."""
    found: dict[str, list[Any]] = {"int": [], "float": [], "str": [], "bytes": []}
    skipped = {
        id(node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and id(node) not in skipped:
            name = type(node.value).__name__
            if name in found and node.value not in found[name] and len(repr(node.value)) < 60:
                found[name].append(node.value)
    return {name: values[:40] for name, values in found.items()}
