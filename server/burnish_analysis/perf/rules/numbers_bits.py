"""Counting the bits of a whole number by way of its digits or a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    integer,
    is_name,
    method_call,
    nonnegative,
    operand,
    replace_loop,
    text_constant,
)
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["BitsByLoop", "BitsByText"]


class BitsByText(Rule):
    """``bin(n).count("1")``."""

    id = "bits-by-text"
    about = About(
        summary="The bits of a number are counted in its text",
        before="""\
def bits(number: int) -> int:
    return bin(number).count("1")
""",
        after="""\
def bits(number: int) -> int:
    return number.bit_count()
""",
        why="`int.bit_count` counts machine words; a text of all binary digits is not needed.",
        preconditions=("the value is an `int`", "Python 3.10 or later"),
        references=("https://docs.python.org/3/library/stdtypes.html#int.bit_count",),
    )
    nodes = (ast.Call,)
    calls = ("count",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``….count("1")``."""
        found = method_call(node, "count", arguments=1)
        if not found or text_constant(found[1].args[0]) != "1":
            return
        number = _written_binary(found[0], module)
        evidence = Evidence()
        if number is None or not evidence.require(
            module.types.is_a(number, "int", "bool"), f"`{module.text(number)}` is a whole number"
        ):
            return
        yield module.finding(
            self, node, "A text of all binary digits is made to count them.", evidence, title="Use `bit_count`",
            edits=[module.replace(node, f"{_receiver(number, module)}.bit_count()")],
        )  # fmt: skip


def _receiver(number: ast.expr, module: Module) -> str:
    return f"({module.text(number)})" if isinstance(number, ast.Constant) else operand(number, module)


def _written_binary(node: ast.expr, module: Module) -> ast.expr | None:
    """``n`` of ``bin(n)``, ``bin(n)[2:]``, ``format(n, "b")`` and ``f"{n:b}"``."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and integer(node.slice.lower) == 2
        and not node.slice.upper
    ):
        return (
            _written_binary(node.value, module)
            if node.slice.step is None and module.calls(node.value, "builtins.bin")
            else None
        )
    if isinstance(node, ast.Call) and not node.keywords:
        if len(node.args) == 1 and module.calls(node, "builtins.bin"):
            return node.args[0]
        if (
            len(node.args) == 2
            and module.calls(node, "builtins.format")
            and text_constant(node.args[1]) == "b"
        ):
            return node.args[0]
    if (
        isinstance(node, ast.JoinedStr)
        and len(node.values) == 1
        and isinstance(node.values[0], ast.FormattedValue)
    ):
        value = node.values[0]
        form = value.format_spec.values if isinstance(value.format_spec, ast.JoinedStr) else []
        plain = isinstance(value.value, ast.Name) and value.conversion == -1
        return value.value if plain and len(form) == 1 and text_constant(form[0]) == "b" else None
    return None


class BitsByLoop(Rule):
    """``while n: found += n & 1; n >>= 1``, and ``n &= n - 1``."""

    id = "bits-by-loop"
    about = About(
        summary="The bits of a number are counted in a loop",
        before="""\
def bits(number: int) -> int:
    found = 0
    while number:
        found += number & 1
        number >>= 1
    return found
""",
        after="""\
def bits(number: int) -> int:
    found = 0
    found += number.bit_count()
    return found
""",
        why="`int.bit_count` counts machine words; the loop makes a new number for every bit.",
        preconditions=(
            "an `int` that is not negative",
            "the number is not used after the loop",
            "Python 3.10 or later",
        ),
        references=("https://docs.python.org/3/library/stdtypes.html#int.bit_count",),
    )
    nodes = (ast.While,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops until a number is zero."""
        if not isinstance(node, ast.While) or len(node.body) != 2 or node.orelse:
            return
        number = _until_zero(node.test)
        if number is None or not module.flow.local(number) or module.flow.owner(number).kind != "function":
            return
        counter = _step(node.body, number.id)
        if counter is None or counter.id == number.id or module.flow.used_after(number, node):
            return
        evidence = Evidence()
        evidence.require(module.types.is_a(number, "int", "bool"), f"`{number.id}` is a whole number")
        evidence.require(module.types.is_a(counter, "int"), f"`{counter.id}` is a whole number")
        evidence.require(
            Known.of(_begins_nonnegative(number, node, module)), f"`{number.id}` is not negative"
        )
        if evidence.violated:
            return
        yield module.finding(
            self, node, "A round for every bit; `bit_count` counts them at once.", evidence, title="Use `bit_count`",
            edits=list(replace_loop(module, node, f"{counter.id} += {number.id}.bit_count()")),
        )  # fmt: skip


def _begins_nonnegative(number: ast.Name, loop: ast.While, module: Module) -> bool:
    """Whether every value that the number gets outside the loop is shown not to be negative."""
    inside = set(walk(loop))
    given = [binding for binding in module.flow.bindings(number) if binding.owner not in inside]
    return bool(given) and all(
        binding.kind in ("assign", "walrus")
        and binding.value is not None
        and nonnegative(binding.value, module)
        for binding in given
    )


def _until_zero(test: ast.expr) -> ast.Name | None:
    """``n`` of ``while n``, ``while n > 0`` and ``while n != 0``."""
    if (
        isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and isinstance(test.ops[0], (ast.Gt, ast.NotEq))
        and integer(test.comparators[0]) == 0
    ):
        test = test.left
    return test if isinstance(test, ast.Name) else None


def _step(body: list[ast.stmt], name: str) -> ast.Name | None:
    """The counter of a loop's two statements."""
    if all(isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name) for part in body):
        one, other = (part for part in body if isinstance(part, ast.AugAssign))
        if is_name(one.target, name):
            one, other = other, one
            first_counts = False
        else:
            first_counts = True
        if (
            not isinstance(one.target, ast.Name)
            or not isinstance(one.op, ast.Add)
            or not is_name(other.target, name)
        ):
            return None
        if isinstance(other.op, ast.RShift) and integer(other.value) == 1:
            return one.target if first_counts and _last_bit(one.value, name) else None
        if isinstance(other.op, ast.BitAnd) and _minus_one(other.value, name):
            return one.target if integer(one.value) == 1 else None
    return None


def _last_bit(node: ast.expr, name: str) -> bool:
    """``n & 1`` or ``n % 2``."""
    if not isinstance(node, ast.BinOp) or not is_name(node.left, name):
        return False
    return (isinstance(node.op, ast.BitAnd) and integer(node.right) == 1) or (
        isinstance(node.op, ast.Mod) and integer(node.right) == 2
    )


def _minus_one(node: ast.expr, name: str) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and is_name(node.left, name)
        and integer(node.right) == 1
    )
