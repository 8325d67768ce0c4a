"""Reversing a text by making a text of every character."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    empty_join,
    integer,
    is_name,
    mentions,
    one_statement_loop,
    operand,
    replace_loop,
    text_constant,
    text_like,
    usable_after,
)
from burnish_analysis.perf.model import About, Evidence, Finding, Rule
from burnish_analysis.perf.module import Module

__all__ = ["ReverseByLoop", "ReversedJoin"]


class ReversedJoin(Rule):
    """``"".join(reversed(s))``."""

    id = "reversed-join"
    about = About(
        summary="A text is reversed character by character",
        before="""\
def palindrome(word: str) -> bool:
    return word == "".join(reversed(word))
""",
        after="""\
def palindrome(word: str) -> bool:
    return word == word[::-1]
""",
        why="A slice with step -1 copies the characters in C; joining makes a text of each first.",
        preconditions=("the value is a `str`",),
    )
    nodes = (ast.Call,)
    calls = ("join",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``"".join(…)``."""
        joined = empty_join(node)
        if (
            isinstance(joined, ast.Call)
            and len(joined.args) == 1
            and module.calls(joined, "builtins.reversed")
        ):
            whole = joined.args[0]
        elif (
            isinstance(joined, ast.Subscript)
            and _backwards(joined.slice)
            and _listed(joined.value, module) is not joined.value
        ):
            whole = joined.value
        else:
            return
        text = _listed(whole, module)
        evidence = Evidence()
        if isinstance(text, ast.Starred) or not evidence.require(
            text_like(text, module), f"`{module.text(text)}` is a text"
        ):
            return
        yield module.finding(
            self, node, "A text is made for every character, and all of them are joined.", evidence, title="Slice with step -1",
            edits=[module.replace(node, f"{operand(text, module)}[::-1]")],
        )  # fmt: skip


def _backwards(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Slice) and node.lower is None and node.upper is None and integer(node.step) == -1
    )


def _listed(node: ast.expr, module: Module) -> ast.expr:
    """``s`` of ``list(s)``."""
    if (
        isinstance(node, ast.Call)
        and len(node.args) == 1
        and not node.keywords
        and module.calls(node, "builtins.list")
    ):
        return node.args[0]
    return node


class ReverseByLoop(Rule):
    """``for c in s: r = c + r``."""

    id = "reverse-by-loop"
    about = About(
        summary="A text is reversed by putting every character before those that were",
        before="""\
def backwards(word: str) -> str:
    result = ""
    for character in word:
        result = character + result
    return result
""",
        after="""\
def backwards(word: str) -> str:
    result = word[::-1]
    return result
""",
        why="Every round copies the whole text that was made so far, which is quadratic; a slice copies once.",
        preconditions=("both are `str`", "the loop's variable is not used after it"),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops with one assignment."""
        found = one_statement_loop(node)
        step = found[2] if found else None
        if (
            not found
            or not isinstance(step, ast.Assign)
            or not isinstance(step.value, ast.BinOp)
            or not isinstance(step.value.op, ast.Add)
        ):
            return
        loop, character = found[0], found[1]
        result = step.targets[0]
        if (
            len(step.targets) != 1
            or not isinstance(result, ast.Name)
            or result.id == character.id
            or mentions(loop.iter, result.id)
        ):
            return
        if not is_name(step.value.left, character.id) or not is_name(step.value.right, result.id):
            return
        if usable_after(character, loop, module) or not isinstance(
            loop.iter, (ast.Name, ast.Attribute, ast.Subscript)
        ):
            return
        evidence = Evidence()
        evidence.require(text_like(loop.iter, module), f"`{module.text(loop.iter)}` is a text")
        evidence.require(module.types.is_a(step.value.right, "str"), f"`{result.id}` is a text")
        if evidence.violated:
            return
        before = module.previous(loop)
        reverse = f"{operand(loop.iter, module)}[::-1]"
        empty = _begins_empty(before, result.id)
        edits = replace_loop(
            module,
            loop,
            f"{result.id} = {reverse}" + ("" if empty else f" + {result.id}"),
            *([before] if empty and before else []),
        )
        yield module.finding(
            self, loop, f"Every round copies all of `{result.id}`; a slice with step -1 copies once.", evidence, title="Slice with step -1",
            edits=list(edits),
        )  # fmt: skip


def _begins_empty(before: ast.stmt | None, name: str) -> bool:
    return (
        isinstance(before, ast.Assign)
        and len(before.targets) == 1
        and is_name(before.targets[0], name)
        and text_constant(before.value) == ""
    )
