"""Trimming a text by loops that copy it again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    character_set,
    integer,
    is_name,
    method_call,
    replace_loop,
    text_constant,
)
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import About, Evidence, Finding, Rule
from burnish_analysis.perf.module import Module

__all__ = ["StripBySlicing"]


class StripBySlicing(Rule):
    """``while s.startswith(" "): s = s[1:]``."""

    id = "strip-by-slicing"
    about = About(
        summary="Characters are cut off an end one by one",
        before="""\
def trimmed(line: str) -> str:
    while line.endswith("."):
        line = line[:-1]
    return line
""",
        after="""\
def trimmed(line: str) -> str:
    line = line.rstrip(".")
    return line
""",
        why="Every slice copies what is left of the text; `strip` finds the place first and copies once.",
        preconditions=("the value is a `str` or `bytes`",),
        references=("https://docs.python.org/3/library/stdtypes.html#str.strip",),
    )
    nodes = (ast.While,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops with one assignment of a slice."""
        if not isinstance(node, ast.While) or len(node.body) != 1 or node.orelse:
            return
        step = node.body[0]
        if (
            not isinstance(step, ast.Assign)
            or len(step.targets) != 1
            or not isinstance(step.targets[0], ast.Name)
        ):
            return
        name = step.targets[0].id
        end = _cut(step.value, name)
        if end is None:
            return
        stripped = _stripped(node.test, name, end, module)
        if stripped is None:
            return
        kind, characters = stripped
        evidence = Evidence()
        if not evidence.require(module.types.is_a(step.targets[0], kind), f"`{name}` is a text"):
            return
        method = "lstrip" if end == 0 else "rstrip"
        yield module.finding(
            self, node, f"Every round copies what is left of `{name}`; `{method}` copies once.", evidence, title=f"Use `{method}`",
            edits=list(replace_loop(module, node, f"{name} = {name}.{method}({characters})")),
        )  # fmt: skip


def _cut(node: ast.expr, name: str) -> int | None:
    """0 for ``s[1:]``, -1 for ``s[:-1]``."""
    if (
        not isinstance(node, ast.Subscript)
        or not is_name(node.value, name)
        or not isinstance(node.slice, ast.Slice)
        or node.slice.step
    ):
        return None
    lower, upper = node.slice.lower, node.slice.upper
    if integer(lower) == 1 and upper is None:
        return 0
    return -1 if lower is None and integer(upper) == -1 else None


def _stripped(test: ast.expr, name: str, end: int, module: Module) -> tuple[str, str] | None:
    """``str`` or ``bytes``, and the characters that a loop's test finds at an end, as written; empty for white space."""
    asked = method_call(test, "startswith" if end == 0 else "endswith", arguments=1)
    if asked and is_name(asked[0], name):
        return _single(asked[1].args[0], module)
    guarded = False
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) and len(test.values) == 2:
        guarded = is_name(test.values[0], name) or _is_length(test.values[0], name, module)
        test = test.values[1] if guarded else test
    asked = method_call(test, "isspace", arguments=0)
    if asked and guarded and _at(asked[0], name, end):
        return "str", ""
    if (
        not isinstance(test, ast.Compare)
        or len(test.ops) != 1
        or not ((guarded and _at(test.left, name, end)) or _at_slice(test.left, name, end))
    ):
        return None
    right = test.comparators[0]
    if isinstance(test.ops[0], ast.Eq):
        return _single(right, module) if text_constant(right) is not None else None
    if isinstance(test.ops[0], ast.In) and guarded and _at(test.left, name, end):
        return _characters(right, module)
    return None


def _single(node: ast.expr, module: Module) -> tuple[str, str] | None:
    """``str`` or ``bytes``, and one character, or a tuple of such, as written for ``strip``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and len(node.value) == 1:
        return type(node.value).__name__, module.text(node)
    return _characters(node, module) if isinstance(node, ast.Tuple) else None


def _characters(node: ast.expr, module: Module) -> tuple[str, str] | None:
    written = character_set(node, module)
    return None if written is None else ("str", written)


def _is_length(node: ast.expr, name: str, module: Module) -> bool:
    if (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.ops[0], ast.Gt)
        and integer(node.comparators[0]) == 0
    ):
        node = node.left
    return (
        isinstance(node, ast.Call) and is_call(node, module, "builtins.len") and is_name(node.args[0], name)
    )


def _at(node: ast.expr, name: str, end: int) -> bool:
    return isinstance(node, ast.Subscript) and is_name(node.value, name) and integer(node.slice) == end


def _at_slice(node: ast.expr, name: str, end: int) -> bool:
    """``s[:1]`` or ``s[-1:]``."""
    if (
        not isinstance(node, ast.Subscript)
        or not is_name(node.value, name)
        or not isinstance(node.slice, ast.Slice)
        or node.slice.step
    ):
        return False
    lower, upper = node.slice.lower, node.slice.upper
    return lower is None and integer(upper) == 1 if end == 0 else upper is None and integer(lower) == -1
