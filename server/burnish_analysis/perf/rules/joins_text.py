"""How the text of a join changes: a test without its equality, and a body one level further out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.joins_parts import Join
from burnish_analysis.perf.walking import walk

__all__ = ["dedented", "without_operand"]


def without_operand(test: ast.expr, join: Join, module: Module) -> Edit | None:
    """Take the equality away from the beginning of ``a == b and more``."""
    if not isinstance(test, ast.BoolOp):
        return None
    start, end = module.start(join.operand), module.end(join.operand)
    found = re.compile(r"\s*and\b\s*").match(module.source, end)
    return Edit(start, found.end(), "") if found else None


def dedented(statement: ast.If, module: Module) -> list[Edit] | None:
    """Put the body of an ``if`` without ``else`` in its place; None where a text over several lines would change."""
    first = statement.body[0]
    start, begin = module.start(statement), module.start(first)
    inner = module.indent(first)
    if inner is None:
        return [Edit(start, begin, "")]
    outer = module.indent(statement)
    if (
        outer is None
        or not inner.startswith(outer)
        or any(_long_text(part, module) for part in walk(statement))
    ):
        return None
    head = module.line_start(start)
    after = re.compile(r"[\s)]*:").match(module.source, module.end(statement.test))
    if after is None:
        return None
    colon = module.line_end(after.end())
    edits = [Edit(head, colon, "")]
    edits += [Edit(line, line + len(inner) - len(outer), "") for line in _lines(colon, module.end(statement), module)
              if module.source.startswith(inner, line)]  # fmt: skip
    return edits


def _lines(start: int, end: int, module: Module) -> Iterator[int]:
    while start < end:
        yield start
        start = module.line_end(start)


def _long_text(node: ast.AST, module: Module) -> bool:
    text = isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    )
    return text and "\n" in module.text(node)
