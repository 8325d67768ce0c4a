"""Conditions that nest code deeper than it must be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import Block, moved, shifted, unit
from burnish_analysis.refactor.branching import Arm, arms, header_comment, is_elif, leaves, without_header
from burnish_analysis.refactor.conditions import as_operand, negate, retested, too_wide
from burnish_analysis.refactor.model import Refactoring

__all__ = ["GuardClause", "MergeNestedIfs", "SplitCondition"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


class GuardClause(Refactoring):
    """``if x: …`` around the rest of a function or of a loop's body."""

    id = "guard-clause"
    about = About(
        summary="An if wraps the rest of a function or loop",
        before="""\
def send(message, queue):
    if message is not None:
        text = message.strip()
        queue.put(text)
""",
        after="""\
def send(message, queue):
    if message is None:
        return
    text = message.strip()
    queue.put(text)
""",
        why="What ends early is said first and forgotten; the rest stands one level less deep.",
        preconditions=("nothing comes after the `if` in the function or the loop's body",),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the last ``if`` of a function or loop, or at one whose ``else`` is the shorter way out."""
        assert isinstance(node, ast.If)
        long = len(node.body) > 1 or isinstance(node.body[0], _COMPOUND)
        if not long or module.indent(node) is None:
            return
        made = self._first(node, module) if node.orelse else self._wrapping(node, module)
        if made is not None:
            message, title, edits = made
            yield module.finding(self, node, message, title=title, edits=edits)

    @staticmethod
    def _wrapping(node: ast.If, module: Module) -> tuple[str, str, list[Edit | None]] | None:
        parent = module.parent(node)
        if not isinstance(parent, (*_FUNCTIONS, *_LOOPS)) or parent.body[-1] is not node:
            return None
        function = isinstance(parent, _FUNCTIONS)
        edits = _early(node, _way_out(parent, module), module)
        if edits is None:
            return None
        if function:
            return (
                "The rest of the function stands inside this `if`.",
                "Return early instead of nesting",
                edits,
            )
        message = "The rest of the loop's body stands inside this `if`."
        return message, "Go on with the next round instead of nesting", edits

    @staticmethod
    def _first(node: ast.If, module: Module) -> tuple[str, str, list[Edit | None]] | None:
        if not leaves(node.orelse) or len(node.orelse) >= len(node.body) or is_elif(node.orelse[0], module):
            return None
        edits = _other_first(node, module)
        return ("The short way out comes last.", "Leave first instead of nesting", edits) if edits else None


def _way_out(parent: ast.AST, module: Module) -> str:
    """The statement that does what getting to the end does."""
    if not isinstance(parent, _FUNCTIONS):
        return "continue"
    returns = (part for part in ast.walk(parent) if isinstance(part, ast.Return) and part.value is not None)
    return "return None" if any(module.function(part) is parent for part in returns) else "return"


def _early(node: ast.If, word: str, module: Module) -> list[Edit | None] | None:
    """``if not x: return``, then the body one level up."""
    found = arms(node, module)
    indent = module.indent(node)
    if found is None or indent is None or found[0].block is None:
        return None
    body = found[0].block
    up = shifted(module, body, indent)
    if up is None:
        return None
    return [negate(node.test, module), Edit(body.start, body.start, f"{body.indent}{word}\n"), *up]


def _other_first(node: ast.If, module: Module) -> list[Edit | None] | None:
    """``if not x:`` with what ``else`` does, then the body one level up."""
    found = arms(node, module)
    indent = module.indent(node)
    if found is None or indent is None or len(found) != 2 or found[1].test is not None:
        return None
    body, other = found[0].block, found[1].block
    if body is None or other is None:
        return None
    up, first = shifted(module, body, indent), moved(module, other, body.indent)
    if up is None or first is None or header_comment(found[1], module):
        return None
    return [
        negate(node.test, module),
        Edit(body.start, body.start, first),
        *up,
        Edit(module.line_start(found[1].head), other.end, ""),
    ]


class MergeNestedIfs(Refactoring):
    """``if a: if b: …``."""

    id = "merge-nested-ifs"
    about = About(
        summary="An if holds nothing but another if",
        before="""\
def ready(door, key):
    if door.closed:
        if key is not None:
            door.open(key)
""",
        after="""\
def ready(door, key):
    if door.closed and key is not None:
        door.open(key)
""",
        why="One condition says when the code runs; there is one level less to keep in mind.",
        preconditions=("neither has an `else`",),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the outer one."""
        assert isinstance(node, ast.If)
        inner = node.body[0]
        if len(node.body) != 1 or node.orelse or not isinstance(inner, ast.If) or inner.orelse:
            return
        outer_arm, inner_arm = _only(node, module), _only(inner, module)
        if outer_arm is None or inner_arm is None or outer_arm.block is None or inner_arm.block is None:
            return
        up = shifted(module, inner_arm.block, outer_arm.block.indent)
        if up is None:
            return
        both = f"{as_operand(node.test, module, 'and')} and {as_operand(inner.test, module, 'and')}"
        if too_wide(node.test, both, module):
            return
        yield module.finding(
            self,
            node,
            "Two conditions, one inside the other, decide together.",
            title="Join the conditions with `and`",
            edits=[
                retested(node.test, both, module),
                *without_header(inner_arm, module),
                *up,
            ],
        )


def _only(node: ast.If, module: Module) -> Arm | None:
    """The arm of an ``if`` without others."""
    found = arms(node, module)
    return found[0] if found and len(found) == 1 else None


class SplitCondition(Refactoring):
    """``if a and b: …``."""

    id = "split-condition"
    about = About(
        summary="A condition of two parts can be two conditions",
        before="""\
def ready(door, key):
    if door.closed and key is not None:
        door.open(key)
""",
        after="""\
def ready(door, key):
    if door.closed:
        if key is not None:
            door.open(key)
""",
        why="Apart, each condition can get an `else`, a comment or a breakpoint of its own.",
        preconditions=("there is no `else`",),
    )
    nodes = (ast.If,)
    suggest = False

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``if`` statements whose test is an ``and``."""
        assert isinstance(node, ast.If)
        if not isinstance(node.test, ast.BoolOp) or not isinstance(node.test.op, ast.And) or node.orelse:
            return
        arm = _only(node, module)
        if arm is None or arm.block is None:
            return
        edits = _split(node, arm.block, module)
        if edits is not None:
            yield module.finding(
                self,
                node,
                "This condition has several parts.",
                title="Split the condition into nested `if`s",
                edits=edits,
            )


def _split(node: ast.If, body: Block, module: Module) -> list[Edit] | None:
    test = node.test
    assert isinstance(test, ast.BoolOp)  # the caller asks for it
    start = module.line_start(module.start(node))
    outer = module.source[start : module.start(node)]
    if outer.strip() and not is_elif(node, module):
        return None
    further = body.indent + unit(module, outer, body.indent)
    down = shifted(module, body, further)
    if down is None or module.comments_in(module.start(test), module.end(test)):
        return None
    first, rest = test.values[0], test.values[1:]
    second = as_operand(rest[0], module, "and") if len(rest) > 1 else _whole(rest[0], module)
    if len(rest) > 1:
        second = " and ".join(as_operand(part, module, "and") for part in rest)
    return [
        retested(test, _whole(first, module), module),
        Edit(body.start, body.start, f"{body.indent}if {second}:\n"),
        *down,
    ]


def _whole(node: ast.expr, module: Module) -> str:
    """The text of an operand as a whole test."""
    text = module.text(node)
    return f"({text})" if "\n" in text or isinstance(node, ast.NamedExpr) else text
