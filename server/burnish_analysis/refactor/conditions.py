"""The opposite of a condition, and conditions as parts of others, as text.

Only the truth of the result matters, as in ``if``, ``while``, ``not``, ``and``, ``or``: ``not not x`` becomes ``x``.
"""

from __future__ import annotations

import ast
import re
from typing import Final

from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module

__all__ = [
    "as_operand",
    "as_value",
    "enclosed",
    "is_true_or_false",
    "lined",
    "negate",
    "negated",
    "opposite",
    "retested",
    "slice_of",
    "spaced",
    "spread",
]

_OPPOSITE: Final = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
    ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">",
}  # fmt: skip
_WRITTEN: Final = {
    ast.Eq: r"==", ast.NotEq: r"!=", ast.Is: r"\bis\b", ast.IsNot: r"\bis\s+not\b", ast.In: r"\bin\b", ast.NotIn: r"\bnot\s+in\b",
    ast.Lt: r"<", ast.GtE: r">=", ast.Gt: r">", ast.LtE: r"<=",
}  # fmt: skip
_PLAIN = frozenset({"str", "bytes", "int", "bool", "float", "complex", "NoneType"})
_ORDERED = (frozenset({"int", "bool"}), frozenset({"str"}), frozenset({"bytes"}))
_LOOSE = (ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_WIDEST = 110
_LINE_END = re.compile(r"\r\n|\r")


def negated(node: ast.expr, module: Module) -> str:
    """The opposite of a condition, as a whole condition: ``not x``, ``x is not None``, ``a not in b``, ``a or not b``.

    Comparisons are turned round only where that gives the opposite for every value: ``==`` where a side is a text, a number
    or None, ``<`` where both are whole numbers or texts (of floats, both may be false). It may go over several lines where
    the condition does; then :func:`negate` puts it in parentheses where it must be.
    """
    return _negated(node, module)


def negate(node: ast.expr, module: Module) -> Edit:
    """Put the opposite of the test of an ``if`` or ``while`` in its place."""
    return retested(node, negated(node, module), module)


def retested(node: ast.expr, text: str, module: Module) -> Edit:
    """Put ``text`` in the place of a test."""
    return spaced(module, module.start(node), module.end(node), lined(node, text, module))


def too_wide(node: ast.expr, text: str, module: Module) -> bool:
    """Whether a line would get longer than anybody wants to read if ``text`` stood for a test."""
    start = module.start(node)
    before = module.source[module.line_start(start) : start].expandtabs(4)
    return (
        max(len(line) + (0 if place else len(before)) for place, line in enumerate(text.split("\n")))
        > _WIDEST
    )


def spaced(module: Module, start: int, end: int, text: str) -> Edit:
    """Put ``text`` in the place of an expression that words may touch: ``if[x]:``, ``(x)or y``."""
    before, after = module.source[start - 1 : start], module.source[end : end + 1]
    lead = " " if before.isalnum() and (text[:1].isalnum() or text[:1] in "_\"'") else ""
    tail = " " if after.isalnum() and (text[-1:].isalnum() or text[-1:] == "_") else ""
    return Edit(start, end, f"{lead}{text}{tail}")


def lined(node: ast.expr, text: str, module: Module) -> str:
    """``text`` as it can stand for ``node``: in parentheses where it goes over lines and none are around ``node``."""
    return f"({text})" if "\n" in text and not enclosed(node, module) else text


def enclosed(node: ast.AST, module: Module) -> bool:
    """Whether ``node`` stands directly in parentheses."""
    before, after = module.start(node) - 1, module.end(node)
    source = module.source
    while before >= 0 and source[before].isspace():
        before -= 1
    while after < len(source) and source[after].isspace():
        after += 1
    return before >= 0 and source[before] == "(" and source[after : after + 1] == ")"


def slice_of(module: Module, start: int, end: int) -> str:
    """A span of the source whose lines end with LF."""
    return _LINE_END.sub("\n", module.source[start:end])


def is_true_or_false(node: ast.expr, module: Module) -> bool:
    """Whether the value of a condition is shown to be ``True`` or ``False``."""
    return module.types.name(node) == "bool"


def opposite(node: ast.expr, module: Module) -> str:
    """The opposite of a condition as a value, which is ``True`` or ``False`` for sure."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        text = module.text(node.operand)
        return (
            as_value(node.operand, module) if "\n" not in text else f"not {as_operand(node, module, 'not')}"
        )
    if _turns(node, module) and is_true_or_false(node, module) and isinstance(node, ast.Compare):
        return _turned(node, module)
    return f"not {as_operand(node, module, 'not')}"


def as_value(node: ast.expr, module: Module) -> str:
    """A condition as a value that is ``True`` or ``False``: itself where it is, else by ``bool``."""
    text = module.text(node)
    if is_true_or_false(node, module):
        return f"({text})" if isinstance(node, ast.NamedExpr) else text
    return f"bool({text})"


def as_operand(node: ast.expr, module: Module, word: str) -> str:
    """The text of a condition as an operand of ``and``, ``or`` or ``not`` (``word``), in parentheses where it needs them there."""
    text = module.text(node)
    return f"({text})" if _needs(node, word) or "\n" in text else text


def _needs(node: ast.expr, word: str) -> bool:
    if isinstance(node, ast.BoolOp):
        return word == "not" or (word == "and" and isinstance(node.op, ast.Or))
    return isinstance(node, _LOOSE)


def _negated(node: ast.expr, module: Module) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return str(not node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        text = module.text(node.operand)
        return f"({text})" if isinstance(node.operand, (ast.NamedExpr, ast.Yield, ast.YieldFrom)) else text
    if isinstance(node, ast.Compare) and _turns(node, module):
        return _turned(node, module)
    if isinstance(node, ast.BoolOp) and _worth_spreading(node, module):
        return _spread(node, module)
    return f"not {as_operand(node, module, 'not')}"


def _turns(node: ast.expr, module: Module) -> bool:
    """Whether a comparison has an opposite that is written as a comparison."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or _commented(node, module):
        return False
    operator = type(node.ops[0])
    if operator in (ast.Is, ast.IsNot, ast.In, ast.NotIn):
        return True
    kinds = {module.types.name(node.left), module.types.name(node.comparators[0])}
    if operator in (ast.Eq, ast.NotEq):
        return bool(kinds & _PLAIN)
    return any(kinds <= kind for kind in _ORDERED)


def _turned(node: ast.Compare, module: Module) -> str:
    left, right = module.end(node.left), module.start(node.comparators[0])
    operator = type(node.ops[0])
    between = re.sub(_WRITTEN[operator], _OPPOSITE[operator], slice_of(module, left, right), count=1)
    before = slice_of(module, module.start(node), left)
    return before + between + slice_of(module, right, module.end(node))


def _commented(node: ast.expr, module: Module) -> bool:
    # On one line there can be none; to find every comment of a file takes long.
    return node.lineno != node.end_lineno and bool(module.comments_in(module.start(node), module.end(node)))


def _clean(node: ast.expr, module: Module) -> bool:
    """Whether the opposite is written without another ``not``."""
    if isinstance(node, ast.BoolOp):
        return all(_clean(part, module) for part in node.values)
    return (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)) or _turns(node, module)


def _worth_spreading(node: ast.BoolOp, module: Module) -> bool:
    if _commented(node, module):
        return False
    return 2 * sum(_clean(part, module) for part in node.values) >= len(node.values)


def spread(node: ast.BoolOp, module: Module) -> str:
    """De Morgan: the opposite of ``a and b`` as ``not a or not b``, written over the lines that it goes over now."""
    return _spread(node, module)


def _spread(node: ast.BoolOp, module: Module) -> str:
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    parts: list[str] = []
    at = module.start(node)
    for place, part in enumerate(node.values):
        start, end = module.start(part), module.end(part)
        between = slice_of(module, at, start)
        if place:
            between = re.sub(rf"\b{word}\b", other, between, count=1)
        parts += (between, _part(part, module, other))
        at = end
    return "".join([*parts, slice_of(module, at, module.end(node))])


def _part(node: ast.expr, module: Module, word: str) -> str:
    """The opposite of one operand, as an operand of ``word``."""
    text = _spread(node, module) if isinstance(node, ast.BoolOp) else _negated(node, module)
    if enclosed(node, module):
        return text
    try:
        made = ast.parse(f"({text})", mode="eval").body
    except SyntaxError:
        return f"({text})"
    return f"({text})" if _needs(made, word) or ("\n" in text and text[:1] not in "([{") else text
