"""Arms of ``if`` statements that can stand otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import Block, moved, shifted
from burnish_analysis.refactor.branching import (
    Arm,
    alone_on_lines,
    arms,
    else_clause,
    header_comment,
    is_elif,
    leaves,
    whole_lines,
)
from burnish_analysis.refactor.conditions import negate
from burnish_analysis.refactor.model import Refactoring

__all__ = ["CollapseElseIf", "InvertIf", "RemoveElseAfterReturn"]


class RemoveElseAfterReturn(Refactoring):
    """``if …: return …`` with an ``else``."""

    id = "remove-else-after-return"
    about = About(
        summary="An else follows an arm that has left already",
        before="""\
def price(item):
    if item.free:
        return 0
    else:
        tax = item.tax
        return item.price + tax
""",
        after="""\
def price(item):
    if item.free:
        return 0
    tax = item.tax
    return item.price + tax
""",
        why="After `return`, `raise`, `continue` or `break` the rest is the other case already; it needs no level of its own.",
        preconditions=("the arm before always leaves",),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the ``if``, where it is no ``elif`` itself."""
        assert isinstance(node, ast.If)
        indent = module.indent(node)
        if not node.orelse or indent is None or not leaves(node.body):
            return
        other = else_clause(node, module)
        if other is None:
            at = module.start(node.orelse[0])
            edits: list[Edit | None] = [Edit(at, at + len("elif"), "if")]
        else:
            edits = self._without(arms(node, module) or [], indent, module)
        if not edits or module.line_start(module.end(node.body[-1])) == module.line_start(
            other.start if other else module.start(node.orelse[0])
        ):
            return
        yield module.finding(
            self,
            node,
            "What `else` says is what happens anyway after this arm has left.",
            title="Take the `else` away" if other else "Write `if` for `elif`",
            edits=edits,
        )

    @staticmethod
    def _without(found: list[Arm], indent: str, module: Module) -> list[Edit | None]:
        if len(found) != 2:  # there is an `else`, so no `elif`
            return []
        other = found[1]
        if other.block is None:
            if header_comment(other, module).startswith("#"):
                return []
            return [Edit(other.head, module.start(other.body[0]), "")]
        up = shifted(module, other.block, indent)
        if up is None:
            return []
        start, end = whole_lines(module, other.head, other.colon)
        comment = header_comment(other, module)
        return [Edit(start, end, f"{indent}{comment}\n" if comment else ""), *up]


class CollapseElseIf(Refactoring):
    """``else:`` with nothing but an ``if`` in it."""

    id = "collapse-else-if"
    about = About(
        summary="An else holds nothing but an if",
        before="""\
def sign(number):
    if number > 0:
        found = 1
    else:
        if number < 0:
            found = -1
        else:
            found = 0
    return found
""",
        after="""\
def sign(number):
    if number > 0:
        found = 1
    elif number < 0:
        found = -1
    else:
        found = 0
    return found
""",
        why="The cases stand side by side, as they are meant.",
        preconditions=("the `if` is alone in the `else`",),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the ``if`` that the ``else`` belongs to."""
        assert isinstance(node, ast.If)
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return
        other = else_clause(node, module)
        inner = node.orelse[0]
        found = arms(inner, module)
        if other is None or not found or module.indent(inner) is None or found[0].block is None:
            return
        outer_start = module.line_start(other.start)
        outer = module.source[outer_start : other.start]
        if outer.strip() or not alone_on_lines(inner, module):
            return
        edits = _collapsed(other.start, other.colon, outer, found, module)
        if edits:
            yield module.finding(
                self,
                node,
                "The `else` holds nothing but an `if`.",
                title="Write `elif`",
                edits=edits,
            )


def _collapsed(head: int, colon: int, outer: str, found: list[Arm], module: Module) -> list[Edit | None]:
    first = found[0]
    last = found[-1].block
    start, end = whole_lines(module, first.head, first.colon)
    indent = module.source[start : first.head]
    if last is None or any(arm.block is None for arm in found):
        return []
    whole = Block((first.node,), end, last.end, indent)
    up = shifted(module, whole, outer)
    if up is None:
        return []
    test = module.source[first.head + len("if") : first.colon]
    return [
        Edit(head, colon, f"elif{test}"),
        Edit(
            start, end, f"{indent}{header_comment(first, module)}\n" if header_comment(first, module) else ""
        ),
        *up,
    ]


class InvertIf(Refactoring):
    """``if x: … else: …``, the other way round."""

    id = "invert-if"
    about = About(
        summary="The arms of an if can change places",
        before="""\
def load(path, cache):
    if path not in cache:
        text = path.read_text()
        cache[path] = text
    else:
        text = cache[path]
    return text
""",
        after="""\
def load(path, cache):
    if path in cache:
        text = cache[path]
    else:
        text = path.read_text()
        cache[path] = text
    return text
""",
        why="A condition without `not`, or the short case first, is often easier to read.",
        preconditions=("there is no `elif`",),
    )
    nodes = (ast.If,)
    suggest = False

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At an ``if`` with an ``else``."""
        assert isinstance(node, ast.If)
        found = arms(node, module) if node.orelse and not is_elif(node, module) else None
        if not found or len(found) != 2 or found[1].test is not None or module.indent(node) is None:
            return
        one, other = found[0].block, found[1].block
        if one is None or other is None:
            return
        first, second = moved(module, other, one.indent), moved(module, one, other.indent)
        if first is None or second is None:
            return
        if other.end == len(module.source) and module.source[-1] not in "\r\n":
            second = second.removesuffix("\n")
        yield module.finding(
            self,
            node,
            "This `if` can be turned round.",
            title="Invert the condition and swap the arms",
            edits=[
                negate(node.test, module),
                Edit(one.start, one.end, first),
                Edit(other.start, other.end, second),
            ],
        )
