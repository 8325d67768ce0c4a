"""Results that go through more statements than they need."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin
from burnish_analysis.perf.facts.sequences import whole_local
from burnish_analysis.perf.facts.writing import names
from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.branching import is_elif
from burnish_analysis.refactor.conditions import as_value, is_true_or_false, opposite
from burnish_analysis.refactor.model import Refactoring

__all__ = ["DirectReturn", "ReturnCondition"]


class ReturnCondition(Refactoring):
    """``if x: return True`` and ``return False``."""

    id = "return-condition"
    about = About(
        summary="An if turns a condition into True or False",
        before="""\
def adult(person):
    if person.age is not None and person.grown is True:
        return True
    else:
        return False
""",
        after="""\
def adult(person):
    return person.age is not None and person.grown is True
""",
        why="The condition is the answer already.",
        preconditions=(
            "where the condition may be something else than `True` or `False`, `bool` is put around it",
        ),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the ``if``, with the ``return`` that follows it."""
        assert isinstance(node, ast.If)
        found = _answers(node, module)
        if found is None or is_elif(node, module) or isinstance(node.test, ast.Constant):
            return
        head, said, until = found
        if "\n" in module.text(node.test):
            return
        value = as_value(node.test, module) if said else opposite(node.test, module)
        if (
            value.startswith("bool(")
            and not is_true_or_false(node.test, module)
            and not builtin(node, module, "bool")
        ):
            return
        yield module.finding(
            self,
            node,
            "An `if` says `True` or `False` where the condition could.",
            title="Return the condition" if head == "return " else "Assign the condition",
            edits=[Edit(module.start(node), module.end(until), f"{head}{value}")],
            until=until,
        )


def _answers(node: ast.If, module: Module) -> tuple[str, bool, ast.stmt] | None:
    """What stands before the value (``return``, ``x =``), whether it is true where the condition is, and the last statement."""
    if len(node.body) != 1 or len(node.orelse) > 1:
        return None
    one = node.body[0]
    if node.orelse:
        other, until = node.orelse[0], node
    else:
        following = module.following(node)[:1]
        if not following or not isinstance(one, ast.Return) or _one_of_many(node, module):
            return None
        other = until = following[0]  # type: ignore[assignment]
    first, second = _boolean(one), _boolean(other)
    if first is None or second is None or first is second:
        return None
    if isinstance(one, ast.Return) and isinstance(other, ast.Return):
        return "return ", first, until
    if isinstance(one, ast.Assign) and isinstance(other, ast.Assign) and _same_name(one, other):
        assert isinstance(one.targets[0], ast.Name)  # _same_name asks for it
        return f"{one.targets[0].id} = ", first, until
    return None


def _boolean(statement: ast.stmt) -> bool | None:
    value = statement.value if isinstance(statement, (ast.Return, ast.Assign)) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, bool) else None


def _same_name(one: ast.Assign, other: ast.Assign) -> bool:
    if len(one.targets) != 1 or len(other.targets) != 1:
        return False
    left, right = one.targets[0], other.targets[0]
    return isinstance(left, ast.Name) and isinstance(right, ast.Name) and left.id == right.id


def _one_of_many(node: ast.If, module: Module) -> bool:
    """Whether it is the last of several conditions in a row that each return ``True`` or ``False``."""
    before = module.previous(node)
    return (
        isinstance(before, ast.If)
        and len(before.body) == 1
        and isinstance(before.body[0], ast.Return)
        and _boolean(before.body[0]) is not None
    )


class DirectReturn(Refactoring):
    """``x = …`` and ``return x``."""

    id = "direct-return"
    about = About(
        summary="A value gets a name only to be returned",
        before="""\
def area(width, height):
    result = width * height
    return result
""",
        after="""\
def area(width, height):
    return width * height
""",
        why="There is one name less to follow.",
        preconditions=("nothing else can read the variable: no inner function, no `finally`",),
    )
    nodes = (ast.Return,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the assignment, to the end of the ``return``."""
        assert isinstance(node, ast.Return)
        if not isinstance(node.value, ast.Name):
            return
        before = module.previous(node)
        if (
            not isinstance(before, ast.Assign)
            or len(before.targets) != 1
            or not isinstance(before.targets[0], ast.Name)
            or before.targets[0].id != node.value.id
            or isinstance(before.value, (ast.Yield, ast.YieldFrom))
        ):
            return
        if not whole_local(node.value, module) or _seen_in_finally(node, node.value.id, module):
            return
        between = module.source[module.end(before) : module.start(node)]
        gone = Edit(module.end(before), module.end(node), "")
        written = module.source[module.start(before) : module.start(before.value)]
        opened = written.count("(")
        yield module.finding(
            self,
            before,
            f"`{node.value.id}` is returned right after it is set.",
            title="Return the value itself",
            edits=[
                Edit(module.start(before), module.start(before.value), "return " + "(" * opened)
                if not module.comments_in(module.start(before), module.start(before.value))
                else None,
                gone if "#" not in between else _kept_comment(before, node, module),
            ],
            until=node,
        )


def _kept_comment(before: ast.stmt, node: ast.stmt, module: Module) -> Edit | None:
    """Take the lines of ``return x`` away and leave the comment behind the assignment, where that is the only one."""
    end = module.line_end(module.end(before))
    if "#" in module.source[end : module.start(node)]:
        return None
    return module.delete(node)


def _seen_in_finally(node: ast.stmt, name: str, module: Module) -> bool:
    return any(
        isinstance(outer, (ast.Try, ast.TryStar)) and name in names(*outer.finalbody)
        for outer in module.ancestors(node)
    )
