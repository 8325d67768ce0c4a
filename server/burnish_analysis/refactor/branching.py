"""The parts of ``if`` statements, and where control goes after them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import Block, Clause, block, clause, colon

__all__ = [
    "Arm",
    "alone_on_lines",
    "arms",
    "else_clause",
    "header_comment",
    "is_elif",
    "leaves",
    "same_statements",
    "whole_lines",
    "without_header",
]  # fmt: skip

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of an ``if`` statement.

    Attributes:
        node: the ``if`` or ``elif``; of an ``else``, the one that it belongs to. test: None for ``else``.
        head: where the keyword begins. colon: the index after the header's colon.
        block: the lines of the body; None where it stands on the header's line.
    """

    node: ast.If
    test: ast.expr | None
    body: list[ast.stmt]
    head: int
    colon: int
    block: Block | None


def is_elif(node: ast.AST, module: Module) -> bool:
    """Whether an ``if`` is written as ``elif``."""
    return isinstance(node, ast.If) and module.source.startswith("elif", module.start(node))


def else_clause(node: ast.If | ast.For | ast.While, module: Module) -> Clause | None:
    """The ``else:`` of a statement; None where it has none or says ``elif``."""
    if not node.orelse or (len(node.orelse) == 1 and is_elif(node.orelse[0], module)):
        return None
    first = node.orelse[0]
    begins = min([module.start(first), *map(module.start, getattr(first, "decorator_list", ()))])
    return clause(module, "else", module.end(node.body[-1]), begins)


def arms(node: ast.If, module: Module) -> list[Arm] | None:
    """Every arm of an ``if`` with its ``elif`` and ``else``, in order."""
    found = []
    at = node
    while True:
        after = colon(module, module.end(at.test), at.body[0])
        if after is None:
            return None
        found.append(Arm(at, at.test, at.body, module.start(at), after, block(module, at.body, after)))
        if len(at.orelse) == 1 and isinstance(at.orelse[0], ast.If) and is_elif(at.orelse[0], module):
            at = at.orelse[0]
            continue
        if at.orelse:
            last = else_clause(at, module)
            if last is None:
                return None
            found.append(
                Arm(at, None, at.orelse, last.start, last.colon, block(module, at.orelse, last.colon))
            )
        return found


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether control never gets to the end of a body: it returns, raises, or goes on with or out of a loop."""
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and leaves(last.body) and leaves(last.orelse)
    return isinstance(last, _LEAVING)


def same_statements(one: Sequence[ast.stmt], other: Sequence[ast.stmt], module: Module) -> bool:
    """Whether two bodies are written alike."""
    return len(one) == len(other) and all(
        module.same(left, right) for left, right in zip(one, other, strict=True)
    )


def whole_lines(module: Module, start: int, end: int) -> tuple[int, int]:
    """The span of the lines that a span lies in."""
    return module.line_start(start), module.line_end(max(start, end - 1))


def alone_on_lines(statement: ast.stmt, module: Module) -> bool:
    """Whether nothing but a comment stands on a statement's lines beside it."""
    end = module.end(statement)
    rest = module.source[end : module.line_end(end)].strip()
    return module.indent(statement) is not None and (not rest or rest.startswith("#"))


def header_comment(arm: Arm, module: Module) -> str:
    """The comment behind a header's colon, or nothing."""
    return module.source[arm.colon : module.line_end(arm.colon)].strip()


def without_header(arm: Arm, module: Module) -> Iterator[Edit]:
    """Edits that take the lines of an arm's header away and keep its comment on a line of its own, indented like the header."""
    start, end = whole_lines(module, arm.head, arm.colon)
    comment = header_comment(arm, module)
    indent = module.source[start : arm.head]
    yield Edit(start, end, f"{indent}{comment}\n" if comment else "")
