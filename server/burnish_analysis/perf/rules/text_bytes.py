"""Turning bytes into text and back, and combining them, one byte at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    Over,
    comprehended,
    empty_join,
    integer,
    is_name,
    method_call,
    operand,
    over_one,
    text_constant,
)
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["BytesByOrd", "HexByteByByte", "HexToBytes", "TextByChr", "XorByteByByte"]

_BYTES = ("bytes", "bytearray")


class HexByteByByte(Rule):
    """``"".join(f"{b:02x}" for b in data)``."""

    id = "hex-byte-by-byte"
    about = About(
        summary="Bytes are written as hexadecimal digits one by one",
        before="""\
def digest(data: bytes) -> str:
    return "".join(f"{byte:02x}" for byte in data)
""",
        after="""\
def digest(data: bytes) -> str:
    return data.hex()
""",
        why="`hex` writes all the digits in C; formatting makes a text for every byte.",
        preconditions=("the value is `bytes` or a `bytearray`",),
        references=("https://docs.python.org/3/library/stdtypes.html#bytes.hex",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``"".join(…)`` and joins with one character."""
        found = method_call(node, "join", arguments=1)
        separator = text_constant(found[0]) if found else None
        if not found or separator is None or len(separator) > 1 or not separator.isascii():
            return
        over = comprehended(found[1].args[0])
        if over is None or over.tests:
            return
        upper = _hex(over.element, over.target.id, module)
        kind = module.types.name(over.iterated)
        if upper is None or kind not in ("", *_BYTES) or (upper and separator in tuple("abcdef")):
            return
        evidence = Evidence()
        evidence.require(Known.of(bool(kind)), f"`{module.text(over.iterated)}` holds bytes")
        data = operand(over.iterated, module) if kind else f"bytes({module.text(over.iterated)})"
        given = module.text(found[0]) if separator else ""
        yield module.finding(
            self, node, "A text is made for every byte, and all of them are joined.", evidence, title="Use `hex`",
            edits=[module.replace(node, f"{data}.hex({given})" + (".upper()" if upper else ""))],
        )  # fmt: skip


def _hex(node: ast.expr, name: str, module: Module) -> bool | None:
    """Whether a byte is written as two digits of upper case; None where it is not written so."""
    form: str | None = None
    if isinstance(node, ast.JoinedStr) and len(node.values) == 1 and isinstance(node.values[0], ast.FormattedValue):
        value = node.values[0]
        if is_name(value.value, name) and value.conversion == -1 and isinstance(value.format_spec, ast.JoinedStr):
            parts = value.format_spec.values
            form = text_constant(parts[0]) if len(parts) == 1 else None
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        right = node.right.elts[0] if isinstance(node.right, ast.Tuple) and len(node.right.elts) == 1 else node.right
        form = {"%02x": "02x", "%02X": "02X", "%.2x": "02x", "%.2X": "02X"}.get(text_constant(node.left) or "")
        form = form if is_name(right, name) else None
    elif isinstance(node, ast.Call) and module.calls(node, "builtins.format") and len(node.args) == 2:
        form = text_constant(node.args[1]) if is_name(node.args[0], name) else None
    elif asked := method_call(node, "format", arguments=1):
        form = {"{:02x}": "02x", "{:02X}": "02X", "{0:02x}": "02x"}.get(text_constant(asked[0]) or "")
        form = form if is_name(asked[1].args[0], name) else None
    return {"02x": False, "02X": True}.get(form or "")


class TextByChr(Rule):
    """``"".join(chr(b) for b in data)``."""

    id = "text-by-chr"
    about = About(
        summary="Bytes are made a text one by one",
        before="""\
def shown(data: bytes) -> str:
    return "".join(chr(byte) for byte in data)
""",
        after="""\
def shown(data: bytes) -> str:
    return data.decode("latin-1")
""",
        why="Latin-1 is the encoding that takes every byte for the character of that number; decoding is one copy.",
        preconditions=("the value is `bytes` or a `bytearray`",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``"".join(…)``."""
        joined = empty_join(node)
        data = _mapped(joined, "chr", module) if joined is not None else None
        if data is None or module.types.name(data) not in _BYTES:
            return
        yield module.finding(
            self, node, "A text is made for every byte, and all of them are joined.", title="Decode as Latin-1",
            edits=[module.replace(node, f'{operand(data, module)}.decode("latin-1")')],
        )  # fmt: skip


def _mapped(node: ast.expr, function: str, module: Module) -> ast.expr | None:
    """``xs`` of ``f(x) for x in xs`` and of ``map(f, xs)``."""
    over = comprehended(node)
    if over is not None:
        made = over.element
        if over.tests or not isinstance(made, ast.Call) or len(made.args) != 1 or made.keywords or not is_name(made.args[0], over.target.id):
            return None
        return over.iterated if module.calls(made, f"builtins.{function}") else None
    if isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords and module.calls(node, "builtins.map"):
        return node.args[1] if module.qualified(node.args[0]) == f"builtins.{function}" else None
    return None


class BytesByOrd(Rule):
    """``bytes(ord(c) for c in s)``."""

    id = "bytes-by-ord"
    about = About(
        summary="A text is made bytes character by character",
        before="""\
def raw(text: str) -> bytes:
    return bytes(ord(character) for character in text)
""",
        after="""\
def raw(text: str) -> bytes:
    return text.encode("latin-1")
""",
        why="Latin-1 gives every character below 256 the byte of that number; encoding is one copy.",
        preconditions=("the value is a `str`", "every character is below 256: otherwise the exception is another kind of `ValueError`"),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``bytes(…)``."""
        if not isinstance(node, ast.Call) or not is_name(node.func, "bytes") or len(node.args) != 1 or node.keywords:
            return
        text = _mapped(node.args[0], "ord", module)
        if text is None or not module.calls(node, "builtins.bytes"):
            return
        evidence = Evidence()
        if not evidence.require(module.types.is_a(text, "str"), f"`{module.text(text)}` is a text"):
            return
        evidence.require(Known.UNKNOWN, "no character is above 255")
        yield module.finding(
            self, node, "Every character is looked at by itself; encoding as Latin-1 does all at once.", evidence, title="Encode as Latin-1",
            edits=[module.replace(node, f'{operand(text, module)}.encode("latin-1")')],
        )  # fmt: skip


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

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``bytes(…)`` and ``bytearray(…)``."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _BYTES:
            return
        over = over_one(node)
        if over is None or over.tests or not module.calls(node, f"builtins.{node.func.id}"):
            return
        digits = _pairs(over, module)
        if digits is None or module.types.name(digits) not in ("", "str"):
            return
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, f"`{digits.id}` holds an even number of hexadecimal digits and nothing else")
        yield module.finding(
            self, node, "A slice and a number are made for every two digits.", evidence, title="Use `fromhex`",
            edits=[module.replace(node, f"{node.func.id}.fromhex({digits.id})")],
        )  # fmt: skip


def _pairs(over: Over, module: Module) -> ast.Name | None:
    """The text that is read in pairs of digits."""
    made = over.element
    if not isinstance(made, ast.Call) or not module.calls(made, "builtins.int") or len(made.args) != 2 or integer(made.args[1]) != 16:
        return None
    part = made.args[0]
    if not isinstance(part, ast.Subscript) or not isinstance(part.value, ast.Name) or not isinstance(part.slice, ast.Slice):
        return None
    upper = part.slice.upper
    if not is_name(part.slice.lower, over.target.id) or not isinstance(upper, ast.BinOp) or not isinstance(upper.op, ast.Add):
        return None
    if not is_name(upper.left, over.target.id) or integer(upper.right) != 2 or part.slice.step:
        return None
    steps = over.iterated
    if not isinstance(steps, ast.Call) or not module.calls(steps, "builtins.range") or len(steps.args) != 3:
        return None
    length = steps.args[1]
    whole = integer(steps.args[0]) == 0 and integer(steps.args[2]) == 2 and isinstance(length, ast.Call)
    if not whole or not isinstance(length, ast.Call) or not module.calls(length, "builtins.len") or len(length.args) != 1:
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

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``bytes(…)``."""
        if not isinstance(node, ast.Call) or not is_name(node.func, "bytes") or len(node.args) != 1 or node.keywords:
            return
        made = node.args[0]
        if not isinstance(made, (ast.GeneratorExp, ast.ListComp)) or len(made.generators) != 1 or not isinstance(made.elt, ast.BinOp):
            return
        part, sign = made.generators[0], {ast.BitXor: "^", ast.BitAnd: "&", ast.BitOr: "|"}.get(type(made.elt.op))
        if sign is None or part.ifs or part.is_async or not isinstance(part.target, ast.Tuple) or not isinstance(part.iter, ast.Call):
            return
        if not module.calls(part.iter, "builtins.zip") or len(part.iter.args) != 2 or part.iter.keywords or not module.calls(node, "builtins.bytes"):
            return
        names = [one.id for one in part.target.elts if isinstance(one, ast.Name)]
        sides = [one.id for one in (made.elt.left, made.elt.right) if isinstance(one, ast.Name)]
        both = part.iter.args
        if len(names) != 2 or sorted(names) != sorted(sides) or not all(isinstance(one, ast.Name) for one in both):
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
