"""Where an expression that is put into another one needs parentheses."""

from __future__ import annotations

import ast

__all__ = ["needs_parentheses", "stands_alone"]

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_ATOMS = (
    ast.Name,
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
)


def needs_parentheses(node: ast.expr, parent: ast.AST | None, text: str) -> bool:
    """Whether ``text`` must be put in parentheses to stand for ``node`` below ``parent``."""
    if _closed(text):
        return False
    try:
        made = ast.parse(text, mode="eval").body
    except SyntaxError:
        # What stands over two lines in somebody else's brackets cannot be read, nor stand, without its own.
        return "\n" in text
    if isinstance(made, _ATOMS):
        return False
    if isinstance(made, ast.Constant) and not isinstance(made.value, (int, float, complex)):
        return False
    if isinstance(parent, ast.BoolOp) and isinstance(made, (ast.Compare, ast.BinOp)):
        return "\n" in text
    if isinstance(parent, ast.Subscript) and parent.slice is node and isinstance(made, ast.IfExp):
        return False
    if isinstance(parent, _COMPREHENSIONS):
        return isinstance(made, (ast.NamedExpr, ast.Tuple, ast.GeneratorExp, ast.Lambda))
    if isinstance(parent, ast.stmt) and not isinstance(made, (ast.NamedExpr, ast.GeneratorExp)):
        return "\n" in text
    if isinstance(parent, ast.Call) and parent.func is not node and not isinstance(made, ast.GeneratorExp):
        return False
    return not (isinstance(parent, ast.keyword) and not isinstance(made, ast.GeneratorExp))


def stands_alone(text: str) -> bool:
    """Whether every line end in an expression is inside brackets of its own, so that it needs none around it."""
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def _closed(text: str) -> bool:
    """Whether the parenthesis that a text begins with is closed by its last character."""
    if not text.startswith("("):
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False
