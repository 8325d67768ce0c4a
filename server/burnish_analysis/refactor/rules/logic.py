"""Conditions that say the same otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import truth_only
from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.conditions import as_operand, is_true_or_false, spaced, spread
from burnish_analysis.refactor.model import Refactoring

__all__ = ["DeMorgan"]


class DeMorgan(Refactoring):
    """``not (a and b)``, or ``not a and not b``."""

    id = "de-morgan"
    about = About(
        summary="A negation goes into its parentheses, or comes out of them",
        before="""\
def closed(door, window):
    if not (door.open and window.open):
        return True
    return None
""",
        after="""\
def closed(door, window):
    if not door.open or not window.open:
        return True
    return None
""",
        why="One form is often read more easily than the other; which one depends on the words in it.",
        preconditions=("where its value is used, and not only its truth, every part is `True` or `False`",),
    )
    nodes = (ast.UnaryOp, ast.BoolOp)
    suggest = False

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole condition."""
        assert isinstance(node, (ast.UnaryOp, ast.BoolOp))
        made = self._inwards(node, module) if isinstance(node, ast.UnaryOp) else self._outwards(node, module)
        if made is None:
            return
        text, title = made
        yield module.finding(
            self,
            node,
            "This condition can be said the other way round.",
            title=title,
            edits=[self._edit(node, text, module)],
        )

    @staticmethod
    def _edit(node: ast.expr, text: str, module: Module) -> Edit:
        made = module.replace(node, text)
        return spaced(module, made.start, made.end, made.text)

    @staticmethod
    def _inwards(node: ast.UnaryOp, module: Module) -> tuple[str, str] | None:
        operand = node.operand
        if not isinstance(node.op, ast.Not) or not isinstance(operand, ast.BoolOp):
            return None
        if module.comments_in(module.start(node), module.end(node)):
            return None
        if not truth_only(node, module) and not _plain(operand, module):
            return None
        text = spread(operand, module)
        return f"({text})" if "\n" in text else text, "Apply the negation to every part"

    @staticmethod
    def _outwards(node: ast.BoolOp, module: Module) -> tuple[str, str] | None:
        parts = [
            part.operand
            for part in node.values
            if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not)
        ]
        if len(parts) < len(node.values) or "\n" in module.text(node):
            return None
        word = "or" if isinstance(node.op, ast.And) else "and"
        inside = f" {word} ".join(as_operand(part, module, word) for part in parts)
        return f"not ({inside})", "Take the negation out of every part"


def _plain(node: ast.expr, module: Module) -> bool:
    """Whether a condition and all that it is made of are ``True`` or ``False``."""
    if isinstance(node, ast.BoolOp):
        return all(_plain(part, module) for part in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _plain(node.operand, module)
    return is_true_or_false(node, module)
