"""Values that are assigned only to be tested next."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.writing import same_name
from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.conditions import lined, negated
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, offer

__all__ = ["AssignAndTest", "ReadAndTest", "first_evaluated"]

_YIELDS = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)


def first_evaluated(node: ast.expr) -> ast.expr:
    """The part of an expression that is evaluated before all others."""
    while True:
        match node:
            case ast.BoolOp():
                node = node.values[0]
            case ast.Compare() | ast.BinOp():
                node = node.left
            case ast.UnaryOp():
                node = node.operand
            case ast.Attribute() | ast.Subscript() | ast.Starred():
                node = node.value
            case ast.Call():
                node = node.func
            case ast.IfExp():
                node = node.test
            case ast.Tuple() | ast.List() | ast.Set() if node.elts:
                node = node.elts[0]
            case _:
                return node


def _bound(target: ast.Name, value: ast.expr, test: ast.expr, module: Module) -> Edit | None:
    """Put ``(x := value)`` where ``x`` is read first in a test."""
    first = first_evaluated(test)
    text = module.text(value)
    if (
        not same_name(first, target.id)
        or "\n" in text
        or any(isinstance(part, _YIELDS) for part in ast.walk(value))
    ):
        return None
    if isinstance(value, ast.Starred) or (isinstance(value, ast.Tuple) and not text.startswith("(")):
        return None
    made = f"{target.id} := {text}"
    return Edit(module.start(first), module.end(first), made if first is test else f"({made})")


class AssignAndTest(Refactoring):
    """``x = f()`` and then ``if x``."""

    id = "walrus"
    suggest = False
    about = About(
        summary="A value is assigned in one statement and tested in the next",
        before="""\
import re


def number(text: str) -> int:
    match = re.match(r"[0-9]+", text)
    if match is not None:
        return int(match[0])
    return 0
""",
        after="""\
import re


def number(text: str) -> int:
    if (match := re.match(r"[0-9]+", text)) is not None:
        return int(match[0])
    return 0
""",
        why="An assignment in the test shows that the value belongs to it. Whether that reads better is a matter of taste.",
        preconditions=("the test reads the variable before anything else",),
        references=("https://peps.python.org/pep-0572/",),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``if`` right after an assignment."""
        if not isinstance(node, ast.If) or module.indent(node) is None:
            return
        before = module.previous(node)
        made = assigned(before) if isinstance(before, ast.Assign) else None
        if before is None or made is None:
            return
        edit = _bound(*made, node.test, module)
        if edit is None or module.end(before) > module.start(node):
            return
        yield from offer(
            self,
            module,
            before,
            f"`{made[0].id}` is assigned and then tested.",
            None,
            "Assign it in the test",
            [module.delete(before), edit],
            until=node.test,
        )


class ReadAndTest(Refactoring):
    """``while True: x = f()`` and ``if not x: break``."""

    id = "while-walrus"
    about = About(
        summary="An endless loop is left by the test of a value that it reads first",
        before="""\
from typing import BinaryIO


def size(file: BinaryIO) -> int:
    found = 0
    while True:
        block = file.read(4096)
        if not block:
            break
        found += len(block)
    return found
""",
        after="""\
from typing import BinaryIO


def size(file: BinaryIO) -> int:
    found = 0
    while block := file.read(4096):
        found += len(block)
    return found
""",
        why="What ends the loop stands where one looks for it, and there is a branch less.",
        preconditions=("the test reads the variable before anything else",),
        references=("https://peps.python.org/pep-0572/",),
    )
    nodes = (ast.While,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``while True`` whose first statements assign and leave."""
        if not isinstance(node, ast.While) or node.orelse or len(node.body) < 3:
            return
        if not isinstance(node.test, ast.Constant) or node.test.value not in (True, 1):
            return
        before, leave = node.body[:2]
        made = assigned(before) if isinstance(before, ast.Assign) else None
        if made is None or not isinstance(leave, ast.If) or leave.orelse or len(leave.body) != 1:
            return
        if not isinstance(leave.body[0], ast.Break) or not same_name(first_evaluated(leave.test), made[0].id):
            return
        text = _condition(*made, leave.test, module)
        if text is None:
            return
        yield from offer(
            self,
            module,
            node,
            f"The loop is left by a test of `{made[0].id}`, which it reads first.",
            None,
            "Test in the loop's head",
            [
                Edit(module.start(node.test), module.end(node.test), lined(node.test, text, module)),
                module.delete(before),
                module.delete(leave),
            ],
            until=leave,
        )


def _condition(target: ast.Name, value: ast.expr, test: ast.expr, module: Module) -> str | None:
    """The condition under which a loop goes on, with the assignment in it."""
    if _bound(target, value, test, module) is None:
        return None
    opposite = negated(test, module)
    made = f"{target.id} := {module.text(value)}"
    if opposite == target.id:
        return made
    try:
        first = first_evaluated(ast.parse(opposite, mode="eval").body)
    except SyntaxError:
        return None
    if "\n" in opposite or not same_name(first, target.id):
        return None
    lead = len(opposite.encode()[: first.col_offset].decode())
    return f"{opposite[:lead]}({made}){opposite[lead + len(target.id) :]}"
