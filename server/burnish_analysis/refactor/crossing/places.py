"""What stands at a cursor or in a selection."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.scopes import Scope
from burnish_analysis.refactor.dataflow import Function

__all__ = [
    "Named",
    "definition_of",
    "enclosing_function",
    "identifier_at",
    "name_start",
    "named_at",
    "selected_block",
]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """An identifier at a cursor.

    Attributes:
        start, end, text: of the identifier. node: the ``Name``, ``Attribute``, ``arg``, ``alias``, ``keyword`` or definition.
        scope: whose variable it is, where it is one (None for attributes and keywords).
    """

    start: int
    end: int
    text: str
    node: ast.AST
    scope: Scope | None


def identifier_at(source: str, offset: int) -> tuple[int, int] | None:
    """The span of the identifier that touches an offset."""
    start = source.rfind("\n", 0, offset) + 1
    end = source.find("\n", offset)
    line = source[start : len(source) if end < 0 else end]
    for found in _IDENTIFIER.finditer(line):
        if found.start() <= offset - start <= found.end():
            return start + found.start(), start + found.end()
    return None


def named_at(module: Module, offset: int) -> Named | None:
    """The name at an offset, where the code means one: not in strings and comments."""
    span = identifier_at(module.source, offset)
    if span is None:
        return None
    start, end = span
    text = module.source[start:end]
    for node, place in _names(module, text):
        if place == start:
            return Named(start, end, text, node, _scope_of(module, node, text))
    return None


def _names(module: Module, text: str) -> Iterator[tuple[ast.AST, int]]:
    nodes = module.structure.nodes
    for node in nodes.get(ast.Name, []):
        if node.id == text and module.readable(node):  # type: ignore[attr-defined]
            yield node, module.start(node)
    for node in nodes.get(ast.arg, []):
        if node.arg == text:  # type: ignore[attr-defined]
            yield node, module.start(node)
    for node in nodes.get(ast.Attribute, []):
        if node.attr == text and module.readable(node):  # type: ignore[attr-defined]
            yield node, module.end(node) - len(text)
    for kind in (*_FUNCTIONS, ast.ClassDef):
        for node in nodes.get(kind, []):
            if node.name == text:  # type: ignore[attr-defined]
                yield node, name_start(module, node)  # type: ignore[arg-type]
    for node in nodes.get(ast.alias, []):
        if (node.asname or node.name) == text:  # type: ignore[attr-defined]
            yield node, module.end(node) - len(text)
    for node in nodes.get(ast.keyword, []):
        if node.arg == text:  # type: ignore[attr-defined]
            yield node, module.start(node)


def name_start(module: Module, node: _Definition) -> int:
    """Where a definition's name stands."""
    start = module.start(node)
    found = re.compile(r"(?:async\s+)?(?:def|class)\s+(?:\\\s*)?").match(module.source, start)
    return found.end() if found else start


def _scope_of(module: Module, node: ast.AST, text: str) -> Scope | None:
    if isinstance(node, (ast.Name, *_FUNCTIONS, ast.ClassDef, ast.alias)):
        return module.scope(node).find(text)
    if isinstance(node, ast.arg):
        return module.scope(node)
    return None


def definition_of(module: Module, named: Named) -> _Definition | None:
    """The only definition in this module that a name (or ``self.name`` in its class) means."""
    if isinstance(named.node, (*_FUNCTIONS, ast.ClassDef)):
        return named.node
    if isinstance(named.node, ast.Attribute) and isinstance(named.node.value, ast.Name):
        function = enclosing_function(module, named.node)
        owner = module.parent(function) if function else None
        scope = module.inside(owner) if isinstance(owner, ast.ClassDef) else None
        first = function.args.args[:1] if function else []
        if scope is None or not first or named.node.value.id != first[0].arg:
            return None
    elif named.scope is not None:
        scope = named.scope
    else:
        return None
    bindings = scope.bindings.get(named.text, [])
    if len(bindings) == 1 and isinstance(bindings[0].node, (*_FUNCTIONS, ast.ClassDef)):
        return bindings[0].node
    return None


def enclosing_function(module: Module, node: ast.AST) -> Function | None:
    """The innermost ``def`` around a node."""
    return next((outer for outer in module.ancestors(node) if isinstance(outer, _FUNCTIONS)), None)


def selected_block(module: Module, start: int, end: int) -> tuple[Function, list[ast.stmt]] | None:
    """The whole statements of a function that a selection holds, comments and blank lines around them included; None where it
    holds none.

    Raises:
        RefactoringError: the selection cuts a statement.
    """
    text = module.source[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    held = _top(
        module,
        [s for s in _statements(module) if _from(module, s) < end and module.end(s) > start],
        start,
        end,
    )
    if not held:
        return None
    first = held[0]
    cut = [s for s in held if _from(module, s) < start or module.end(s) > end]
    if cut or any(module.block(s) is not module.block(first) for s in held):
        raise RefactoringError("The selection cuts a statement; select whole statements, or one expression.")
    function = enclosing_function(module, first)
    return (function, held) if function is not None else None


def _from(module: Module, statement: ast.stmt) -> int:
    start = module.start(statement)
    for decorator in getattr(statement, "decorator_list", []):
        start = min(start, module.source.rindex("@", 0, module.start(decorator)))
    return start


def _statements(module: Module) -> list[ast.stmt]:
    return [node for nodes in module.structure.nodes.values() for node in nodes if isinstance(node, ast.stmt)]


def _top(module: Module, touched: list[ast.stmt], start: int, end: int) -> list[ast.stmt]:
    """Of the statements a selection touches, the outermost that do not reach around it on both sides."""
    inner = [
        s
        for s in touched
        if not (_from(module, s) < start and module.end(s) >= end and _holds(module, s, start))
    ]
    chosen = {id(s) for s in inner}
    top = [s for s in inner if not any(id(outer) in chosen for outer in module.ancestors(s))]
    return sorted(top, key=module.start)


def _holds(module: Module, statement: ast.stmt, start: int) -> bool:
    """Whether the selection begins inside one of a statement's blocks."""
    blocks = [getattr(statement, name, None) or [] for name in ("body", "orelse", "finalbody")]
    blocks += [h.body for h in getattr(statement, "handlers", [])] + [
        c.body for c in getattr(statement, "cases", [])
    ]
    return any(block and _from(module, block[0]) <= start for block in blocks)
