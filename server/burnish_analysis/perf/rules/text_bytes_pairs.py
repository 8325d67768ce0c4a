"""Making bytes of digits, or of two runs of bytes, one byte at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    Over,
    builtin,
    integer,
    is_name,
    over_one,
)
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["HexToBytes", "XorByteByByte"]

_BYTES = ("bytes", "bytearray")


class HexToBytes(Rule):
    """``bytes(int(s[i:i + 2], 16) for i in range(0, len(s), 2))``."""

    id = "hex-to-bytes"
    about = About(
        summary="Hexadecimal digits are read two by two",
        before="""\
def parsed(digits: str) -> bytes:
    return bytes(int(digits[i:i + 2], 16) for i in range(0, len(digits), 2))
""",
        after="""\
def parsed(digits: str) -> bytes:
    return bytes.fromhex(digits)
""",
        why="`bytes.fromhex` reads the text once in C, without a slice and a number for every byte.",
        preconditions=("there are nothing but digits, an even number of them",),
        references=("https://docs.python.org/3/library/stdtypes.html#bytes.fromhex",),
    )
    nodes = (ast.Call,)
    calls = ("bytes", "bytearray")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``bytes(…)`` and ``bytearray(…)``."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in _BYTES
        ):
            return
        over = over_one(node)
        if over is None or over.tests or not module.calls(node, f"builtins.{node.func.id}"):
            return
        digits = _pairs(over, module)
        if digits is None or module.types.name(digits) not in ("", "str"):
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN, f"`{digits.id}` holds an even number of hexadecimal digits and nothing else"
        )
        yield module.finding(
            self, node, "A slice and a number are made for every two digits.", evidence, title="Use `fromhex`",
            edits=[module.replace(node, f"{node.func.id}.fromhex({digits.id})")],
        )  # fmt: skip


def _pairs(over: Over, module: Module) -> ast.Name | None:
    """The text that is read in pairs of digits."""
    made = over.element
    if (
        not isinstance(made, ast.Call)
        or not is_call(made, module, "builtins.int", 2)
        or integer(made.args[1]) != 16
    ):
        return None
    part = made.args[0]
    if (
        not isinstance(part, ast.Subscript)
        or not isinstance(part.value, ast.Name)
        or not isinstance(part.slice, ast.Slice)
    ):
        return None
    upper = part.slice.upper
    if (
        not is_name(part.slice.lower, over.target.id)
        or not isinstance(upper, ast.BinOp)
        or not isinstance(upper.op, ast.Add)
    ):
        return None
    if not is_name(upper.left, over.target.id) or integer(upper.right) != 2 or part.slice.step:
        return None
    steps = over.iterated
    if not isinstance(steps, ast.Call) or not is_call(steps, module, "builtins.range", 3):
        return None
    first, length, step = steps.args
    if integer(first) != 0 or integer(step) != 2:
        return None
    if not isinstance(length, ast.Call) or not is_call(length, module, "builtins.len"):
        return None
    return part.value if is_name(length.args[0], part.value.id) else None


class XorByteByByte(Rule):
    """``bytes(x ^ y for x, y in zip(a, b))``."""

    id = "xor-byte-by-byte"
    about = About(
        summary="Two runs of bytes are combined byte by byte",
        before="""\
def mixed(one: bytes, other: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(one, other))
""",
        after="""\
def mixed(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")
""",
        why="As two large whole numbers they are combined a machine word at a time.",
        preconditions=("both are `bytes` of the same length",),
        references=("https://docs.python.org/3/library/stdtypes.html#int.from_bytes",),
    )
    nodes = (ast.Call,)
    calls = ("bytes",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``bytes(…)``."""
        if not isinstance(node, ast.Call) or not is_call(node, module, "builtins.bytes"):
            return
        made = node.args[0]
        if (
            not isinstance(made, (ast.GeneratorExp, ast.ListComp))
            or len(made.generators) != 1
            or not isinstance(made.elt, ast.BinOp)
        ):
            return
        part, sign = (
            made.generators[0],
            {ast.BitXor: "^", ast.BitAnd: "&", ast.BitOr: "|"}.get(type(made.elt.op)),
        )
        if (
            sign is None
            or part.ifs
            or part.is_async
            or not isinstance(part.target, ast.Tuple)
            or not isinstance(part.iter, ast.Call)
        ):
            return
        if not is_call(part.iter, module, "builtins.zip", 2):
            return
        names = [one.id for one in part.target.elts if isinstance(one, ast.Name)]
        sides = [one.id for one in (made.elt.left, made.elt.right) if isinstance(one, ast.Name)]
        both = part.iter.args
        if (
            len(names) != 2
            or not builtin(node, module, "int", "len")
            or sorted(names) != sorted(sides)
            or not all(isinstance(one, ast.Name) for one in both)
        ):
            return
        evidence = Evidence()
        one, other = (module.text(side) for side in both)
        for side in both:
            evidence.require(module.types.is_a(side, *_BYTES), f"`{module.text(side)}` holds bytes")
        if not evidence.require(Known.UNKNOWN, f"`{one}` and `{other}` are of the same length"):
            return
        text = f'(int.from_bytes({one}, "big") {sign} int.from_bytes({other}, "big")).to_bytes(len({one}), "big")'
        yield module.finding(
            self, node, "Every byte is combined by itself in Python.", evidence, title="Combine them as whole numbers",
            edits=[module.replace(node, text)],
        )  # fmt: skip
