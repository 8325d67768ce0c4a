"""What one statement adds to a file's figures, wherever in the file it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from burnish_analysis.metrics.model import Block, Halstead
from burnish_analysis.metrics.visitors import Operators, complexity_rank, operators_in, visit

__all__ = ["DEEPER", "Definition", "Piece", "class_block", "is_elif", "nesting_of", "piece_of"]

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
#: Statements that hold others and are counted as a level of nesting.
DEEPER = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match)
#: Parts of nodes that hold statements, or things that hold some.
_BODIES = ("body", "handlers", "orelse", "finalbody", "cases")


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class in a piece, as a block that does not know what stands around the piece.

    Attributes:
        block: its lines count from the piece's first line, from 0.
        classes: how many classes stand around it within the piece.
        outermost: neither a function nor a class stands around it within the piece.
    """

    block: Block
    classes: int
    outermost: bool

    def placed(self, lines: int, within: Sequence[str]) -> Block:
        """The block of the file, ``lines`` further down, in the classes ``within``."""
        block = self.block
        around = self.classes + len(within)
        method = bool(within) and self.outermost and block.kind == "function"
        return replace(
            block,
            kind="method" if method else block.kind,
            name=".".join((*within, block.name)),
            line=block.line + lines,
            end_line=block.end_line + lines,
            inner=block.closure or around > (0 if block.kind == "class" else 1),
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """What a statement adds; lines count from its own first line, from 0.

    Attributes:
        complexity: of the statement without functions and classes in it.
        functions: complexity and last line of each function that stands in no function or class of the statement.
        classes: the complexity of each such class, that of all its methods together.
        max_line: the last line that radon's visitor met, or minus infinity.
        definitions: everything defined in it, in source order.
    """

    complexity: int
    functions: tuple[tuple[int, float], ...]
    classes: tuple[int, ...]
    max_line: float
    operators: Operators
    definitions: tuple[Definition, ...]


def piece_of(node: ast.stmt, base: int) -> Piece:
    """Measure a statement; ``base`` is its first line."""
    visited = visit(node)
    operators, halstead = operators_in([node])
    definitions = _Definitions(base, visited.functions, visited.classes, dict(halstead))
    return Piece(
        visited.complexity,
        tuple((function.complexity, function.endline - base) for function in visited.functions),
        tuple(known.real_complexity for known in visited.classes),
        visited.max_line - base,
        operators,
        tuple(definitions.below([node], (), classes=0, closure=False)),
    )


def class_block(node: ast.ClassDef, end_line: float, complexity: int, methods: int) -> Definition:
    """A class whose body was measured in pieces, placed where it stands.

    Args:
        complexity: of all of it; the block shows the average of its methods plus one, as radon does.
    """
    shown = int(complexity / methods) + (methods > 1) if methods else complexity
    return Definition(
        Block(
            kind="class",
            name=node.name,
            line=node.lineno,
            end_line=int(end_line),
            column=node.col_offset,
            complexity=shown,
            rank=complexity_rank(shown),
            nesting=nesting_of(node),
        ),
        classes=0,
        outermost=True,
    )


def nesting_of(node: ast.AST) -> int:
    """How deep statements with a body stand in each other within a function (for a class, in its own body).

    What stands in inner functions and classes does not count, and ``elif`` is no deeper than its ``if``.
    """
    deepest = 0
    # Without recursion: a chain of a thousand "elif" is deep.
    stack: list[tuple[ast.AST, int]] = [(child, 0) for child in getattr(node, "body", ())]
    while stack:
        here, depth = stack.pop()
        if isinstance(here, _DEFINITIONS):
            continue
        inner = depth + isinstance(here, DEEPER)
        deepest = max(deepest, inner)
        for name in _BODIES:
            below = depth if name == "orelse" and is_elif(here) else inner
            stack += [(child, below) for child in getattr(here, name, ())]
    return deepest


def is_elif(node: ast.AST) -> bool:
    """Whether what follows an ``if`` is an ``elif``: it begins where the ``if`` does, which no ``else: if`` can."""
    return (
        isinstance(node, ast.If)
        and len(node.orelse) == 1
        and isinstance(node.orelse[0], ast.If)
        and node.orelse[0].col_offset == node.col_offset
    )


class _Definitions:
    """Makes blocks of the functions and classes of a statement from what radon found in it."""

    def __init__(
        self,
        base: int,
        functions: Iterable[Any],
        classes: Iterable[Any],
        halstead: dict[ast.AST, Halstead],
    ) -> None:
        self._base = base
        self._halstead = halstead
        self._found: dict[tuple[int, int], Any] = {}
        self._index(functions, classes)

    def _index(self, functions: Iterable[Any], classes: Iterable[Any]) -> None:
        for function in functions:
            self._found[function.lineno, function.col_offset] = function
            self._index(function.closures, ())
        for known in classes:
            self._found[known.lineno, known.col_offset] = known
            self._index(known.methods, known.inner_classes)

    def below(
        self, nodes: Iterable[ast.AST], around: tuple[ast.AST, ...], *, classes: int, closure: bool
    ) -> Iterator[Definition]:
        """The definitions at and below some nodes; ``around`` are those around, outermost first."""
        for node in nodes:
            if isinstance(node, _DEFINITIONS):
                yield Definition(self._block(node, around, closure), classes, not around)
                is_class = isinstance(node, ast.ClassDef)
                yield from self.below(
                    node.body,
                    (*around, node),
                    classes=classes + is_class,
                    closure=closure or not is_class,
                )
            else:
                for name in _BODIES:
                    below = getattr(node, name, ())
                    yield from self.below(below, around, classes=classes, closure=closure)

    def _block(self, node: _Definition, around: tuple[ast.AST, ...], closure: bool) -> Block:
        found = self._found.get((node.lineno, node.col_offset))
        if found is None:
            # radon passes over classes in functions.
            visited = visit(node)
            self._index(visited.functions, visited.classes)
            found = self._found[node.lineno, node.col_offset]
        is_class = isinstance(node, ast.ClassDef)
        in_class = bool(around) and isinstance(around[-1], ast.ClassDef)
        return Block(
            kind="class" if is_class else "method" if in_class else "function",
            name=".".join(getattr(one, "name", "") for one in (*around, node)),
            line=node.lineno - self._base,
            end_line=found.endline - self._base,
            column=node.col_offset,
            complexity=found.complexity,
            rank=complexity_rank(found.complexity),
            nesting=nesting_of(node),
            halstead=None if is_class else self._measures(node),
            closure=closure,
        )

    def _measures(self, node: ast.AST) -> Halstead:
        if node not in self._halstead:
            self._halstead.update(operators_in([node])[1])
        return self._halstead[node]
