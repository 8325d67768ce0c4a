"""Between ``if`` statements and conditional expressions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.parentheses import stands_alone
from burnish_analysis.refactor.blocks_text import unit
from burnish_analysis.refactor.branching import alone_on_lines, is_elif
from burnish_analysis.refactor.model import Refactoring

__all__ = ["AssignTernary", "TernaryToIf"]

#: A longer line is not made.
_WIDEST = 100
_NOT_INSIDE = (ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Starred)


class AssignTernary(Refactoring):
    """``if c: x = a`` and ``else: x = b``."""

    id = "assign-ternary"
    about = About(
        summary="An if only chooses between two values",
        before="""\
def greeting(name):
    if name:
        text = f"Hello {name}"
    else:
        text = "Hello"
    return text
""",
        after="""\
def greeting(name):
    text = f"Hello {name}" if name else "Hello"
    return text
""",
        why="One statement says that one thing is set, and to what.",
        preconditions=("both arms set the same target, or both return",),
    )
    nodes = (ast.If,)
    suggest = False

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the ``if``."""
        assert isinstance(node, ast.If)
        if len(node.body) != 1 or len(node.orelse) != 1 or is_elif(node, module):
            return
        head, one, other = _chosen(node.body[0], node.orelse[0], module)
        if one is None or other is None or isinstance(node.test, _NOT_INSIDE):
            return
        if any(isinstance(part, _NOT_INSIDE) for part in (one, other)) or _booleans(one, other):
            return
        text = f"{head}{_value(one, module)} if {module.text(node.test)} else {_value(other, module)}"
        indent = module.source[module.line_start(module.start(node)) : module.start(node)]
        if "\n" in text or len(indent.expandtabs(4)) + len(text) > _WIDEST:
            return
        yield module.finding(
            self,
            node,
            "This `if` only chooses between two values.",
            title="Choose with a conditional expression",
            edits=[Edit(module.start(node), module.end(node), text)],
        )


def _chosen(one: ast.stmt, other: ast.stmt, module: Module) -> tuple[str, ast.expr | None, ast.expr | None]:
    """What stands before the values, and the values."""
    if isinstance(one, ast.Return) and isinstance(other, ast.Return):
        return "return ", one.value, other.value
    if (
        isinstance(one, ast.Assign)
        and isinstance(other, ast.Assign)
        and len(one.targets) == len(other.targets) == 1
        and module.same(one.targets[0], other.targets[0])
    ):
        return f"{module.text(one.targets[0])} = ", one.value, other.value
    return "", None, None


def _booleans(one: ast.expr, other: ast.expr) -> bool:
    return all(isinstance(part, ast.Constant) and isinstance(part.value, bool) for part in (one, other))


def _value(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    return f"({text})" if isinstance(node, ast.Tuple) and not text.startswith("(") else text


class TernaryToIf(Refactoring):
    """``x = a if c else b``."""

    id = "ternary-to-if"
    about = About(
        summary="A conditional expression can be an if statement",
        before="""\
def greeting(name):
    text = f"Hello {name}" if name else "Hello"
    return text
""",
        after="""\
def greeting(name):
    if name:
        text = f"Hello {name}"
    else:
        text = "Hello"
    return text
""",
        why="In a statement each case has a line of its own, and room for more.",
        preconditions=("the conditional expression is the whole value that is assigned or returned",),
    )
    nodes = (ast.IfExp,)
    suggest = False

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the conditional expression."""
        assert isinstance(node, ast.IfExp)
        statement = module.parent(node)
        if not isinstance(statement, (ast.Assign, ast.Return)) or not alone_on_lines(statement, module):
            return
        indent = module.indent(statement)
        if indent is None:
            return
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        head = "".join(f"{module.text(target)} = " for target in targets) or "return "
        step = _step(statement, indent, module)
        lines = (
            f"if {_line(node.test, module)}:",
            f"{indent}{step}{head}{_line(node.body, module)}",
            f"{indent}else:",
            f"{indent}{step}{head}{_line(node.orelse, module)}",
        )
        yield module.finding(
            self,
            node,
            "This conditional expression is all that the statement says.",
            title="Write an `if` statement",
            edits=[Edit(module.start(statement), module.end(statement), "\n".join(lines))],
        )


def _line(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    loose = isinstance(node, (ast.NamedExpr, ast.Yield, ast.YieldFrom))
    return f"({text})" if loose or ("\n" in text and not stands_alone(text)) else text


def _step(statement: ast.stmt, indent: str, module: Module) -> str:
    """What one level is written as: as around the statement, else as in the file."""
    outer = module.parent(statement)
    around = module.indent(outer) if isinstance(outer, ast.stmt) else None
    if around is not None and indent != around:
        return unit(module, around, indent)
    return "\t" if indent.startswith("\t") or "\n\t" in module.source else "    "
