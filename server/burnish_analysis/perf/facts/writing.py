"""How expressions are recognised and written where a rule puts them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = [
    "argument",
    "assigned",
    "assignment",
    "bracketed",
    "is_call",
    "is_method",
    "names",
    "same_name",
    "small",
    "target",
]

_FEW = 8


def names(*nodes: ast.AST) -> set[str]:
    """Every name that is written in some nodes."""
    return {part.id for node in nodes for part in walk(node) if isinstance(part, ast.Name)}


def same_name(node: ast.AST | None, name: str) -> bool:
    """Whether a node is just that name."""
    return isinstance(node, ast.Name) and node.id == name


def assignment(statement: ast.stmt | None) -> tuple[ast.expr, ast.expr] | None:
    """Target and value of ``target = value``, annotated or not."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.targets[0], statement.value
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return statement.target, statement.value
    return None


def is_method(node: ast.AST | None, attribute: str, arguments: int) -> bool:
    """Whether a node is ``name.attribute(...)`` with so many plain arguments."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == attribute
        and isinstance(node.func.value, ast.Name)
        and len(node.args) == arguments
        and not node.keywords
        and not any(isinstance(part, ast.Starred) for part in node.args)
    )


def is_call(node: ast.AST | None, module: Module, name: str, arguments: int = 1) -> bool:
    """Whether a node calls a function by its qualified name with so many plain arguments."""
    return (
        isinstance(node, ast.Call)
        and len(node.args) == arguments
        and not node.keywords
        and not any(isinstance(part, ast.Starred) for part in node.args)
        and module.qualified(node.func) == name
    )


def bracketed(node: ast.expr, module: Module) -> str:
    """The text of an expression as an operand of ``for … in``, ``if`` or ``not`` inside brackets."""
    text = module.text(node)
    loose = isinstance(node, (ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Starred))
    if isinstance(node, ast.Tuple):
        loose = not _enclosed(text)
    return f"({text})" if loose else text


def small(node: ast.AST, module: Module) -> bool:
    """Whether a literal or range holds so few items that nothing is gained by going through it faster."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return len(node.elts) <= _FEW and not any(isinstance(part, ast.Starred) for part in node.elts)
    if is_call(node, module, "builtins.range") and isinstance(node, ast.Call):
        end = node.args[0]
        return isinstance(end, ast.Constant) and type(end.value) is int and end.value <= _FEW
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and len(node.value) <= _FEW


def argument(node: ast.expr, module: Module) -> str:
    """The text of an expression as the only argument of a call."""
    if isinstance(node, (ast.IfExp, ast.Lambda)):
        return module.text(node)
    return bracketed(node, module)


def assigned(node: ast.expr, module: Module) -> str:
    """The text of an expression as the value of an assignment: in parentheses where it goes over lines."""
    text = module.text(node)
    return f"({text})" if "\n" in text else text


def target(node: ast.expr, module: Module) -> str:
    """The text of a loop's target, without parentheses around a tuple."""
    text = module.text(node)
    enclosed = isinstance(node, ast.Tuple) and text.startswith("(") and _enclosed(text) and len(node.elts) > 1
    return text[1:-1].strip() if enclosed else text


def _enclosed(text: str) -> bool:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False
