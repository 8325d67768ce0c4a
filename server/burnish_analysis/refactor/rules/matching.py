"""Chains of conditions on one variable as ``match`` statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import shifted, unit
from burnish_analysis.refactor.branching import Arm, arms
from burnish_analysis.refactor.model import Refactoring

__all__ = ["MatchStatement"]

_LEAST = 3
#: Patterns that can be written as calls of these are sure to name classes.
_CLASSES = frozenset(
    f"builtins.{name}" for name in ("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "set", "str",
                                    "tuple", "object", "BaseException", "Exception", "memoryview", "range", "slice", "type")
)  # fmt: skip

_KEEPING = frozenset({"dataclasses.dataclass", "functools.total_ordering", "typing.final", "enum.unique"})


class MatchStatement(Refactoring):
    """``if x == "a": …``, ``elif isinstance(x, A): …`` …"""

    id = "match-statement"
    about = About(
        summary="A chain of conditions on one thing can be a match",
        before="""\
def run(command, robot):
    if command == "left":
        robot.turn(-90)
    elif command == "right":
        robot.turn(90)
    elif command in ("go", "run"):
        robot.move()
    else:
        robot.stop()
""",
        after="""\
def run(command, robot):
    match command:
        case "left":
            robot.turn(-90)
        case "right":
            robot.turn(90)
        case "go" | "run":
            robot.move()
        case _:
            robot.stop()
""",
        why="It says once what is looked at, and each case what it is.",
        preconditions=("every condition compares the same variable with constants, or asks for its class",),
    )
    nodes = (ast.If,)
    suggest = False

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole chain."""
        assert isinstance(node, ast.If)
        indent = module.indent(node)
        subject = _name_of(node.test)
        if indent is None or subject is None or not node.orelse:
            return
        found = arms(node, module)
        if not found or sum(arm.test is not None for arm in found) < _LEAST:
            return
        evidence = Evidence()
        edits = _cases(found, subject, indent, evidence, module)
        if edits is not None:
            yield module.finding(
                self,
                node,
                f"Every condition is about `{subject}`.",
                evidence,
                title="Write a `match` statement",
                edits=edits,
            )


def _name_of(test: ast.expr) -> str | None:
    """The variable that a condition is about."""
    match test:
        case ast.Compare(left=ast.Name(id=name)) | ast.Call(args=[ast.Name(id=name), _]):
            return name
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _name_of(first)
    return None


def _cases(
    found: list[Arm], subject: str, indent: str, evidence: Evidence, module: Module
) -> list[Edit | None] | None:
    edits: list[Edit | None] = []
    for arm in found:
        if arm.block is None:
            return None
        step = unit(module, indent, arm.block.indent)
        down = shifted(module, arm.block, arm.block.indent + step)
        pattern = _pattern(arm.test, subject, evidence, module) if arm.test is not None else "_"
        if down is None or pattern is None:
            return None
        first = f"match {subject}:\n{indent}{step}" if arm is found[0] else step
        edits += [Edit(arm.head, arm.colon, f"{first}case {pattern}:"), *down]
    return edits


def _pattern(test: ast.expr, subject: str, evidence: Evidence, module: Module) -> str | None:
    """The pattern that matches what a condition lets through."""
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[value]) if name == subject:
            return _value(value, module)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=value)]) if (
            name == subject and (value is None or value is True or value is False)
        ):
            return str(value)
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.In()], comparators=[ast.Tuple(elts=parts) | ast.List(elts=parts)]
        ) if name == subject and parts:
            return _joined(
                [_value(part, module) if isinstance(part, ast.Constant) else None for part in parts]
            )
        case ast.BoolOp(op=ast.Or(), values=values):
            return _joined([_pattern(part, subject, evidence, module) for part in values])
        case ast.Call(args=[ast.Name(id=name), kinds], keywords=[]) if name == subject and module.calls(
            test, "builtins.isinstance"
        ):
            each = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
            return _joined([_class(part, evidence, module) for part in each])
    return None


def _joined(parts: list[str | None]) -> str | None:
    return " | ".join(part for part in parts if part) if parts and all(parts) else None


def _value(node: ast.expr, module: Module) -> str | None:
    """A literal or a dotted name; ``True``, ``False`` and ``None`` would be compared by identity."""
    if isinstance(node, ast.Constant):
        plain = type(node.value) in (str, bytes, int, float) and "\n" not in module.text(node)
        return module.text(node) if plain else None
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        return module.text(node) if type(node.operand.value) in (int, float) else None
    return module.text(node) if _dotted(node) else None


def _dotted(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and (isinstance(node.value, ast.Name) or _dotted(node.value))


def _class(node: ast.expr, evidence: Evidence, module: Module) -> str | None:
    if not isinstance(node, ast.Name) and not _dotted(node):
        return None
    text = module.text(node)
    known = module.qualified(node) in _CLASSES
    if isinstance(node, ast.Name) and not known:
        bindings = module.flow.bindings(node)
        known = bool(bindings) and all(_plain_class(binding.node, module) for binding in bindings)
    evidence.require(Known.of(known), f"`{text}` is a class, not a tuple or union of classes")
    return f"{text}()"


def _plain_class(node: ast.AST, module: Module) -> bool:
    """Whether a definition gives a class: no decorator makes something else of it."""
    return isinstance(node, ast.ClassDef) and all(
        module.qualified(part.func if isinstance(part, ast.Call) else part) in _KEEPING
        for part in node.decorator_list
    )
