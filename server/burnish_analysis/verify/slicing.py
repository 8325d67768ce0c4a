"""The part of a module that a function and its inputs need, so that a script's body is not run to look at one of its functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from burnish_analysis.verify.screen import slice_module

__all__ = ["needed_names", "needed_part"]


def needed_part(source: str, function: str, calls: Iterable[str]) -> str:
    """``source`` without the statements that neither ``function`` nor its inputs need; every line keeps its number.

    Args:
        source: a module that parses. function: dotted name. calls: expressions that give inputs.
    """
    return slice_module(source, function, needed_names(ast.parse(source), function, calls))


def needed_names(tree: ast.Module, function: str, calls: Iterable[str]) -> set[str]:
    """What the inputs of ``function`` may use: names in annotations, by which they are made, and in calls of it."""
    needed = {name.id for part in _annotations(tree) for name in ast.walk(part) if isinstance(name, ast.Name)}
    last = function.rpartition(".")[2]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == last:
            needed |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    for call in calls:
        needed |= {name.id for name in ast.walk(ast.parse(call, mode="eval")) if isinstance(name, ast.Name)}
    return needed


def _annotations(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from filter(None, [node.returns])
        found = getattr(node, "annotation", None)
        if isinstance(found, ast.Constant) and isinstance(found.value, str):
            try:
                yield ast.parse(found.value, mode="eval")
            except SyntaxError:
                continue
        elif isinstance(found, ast.AST):
            yield found
