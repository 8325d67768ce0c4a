"""Turning bytes into text and back one byte at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    builtin,
    comprehended,
    empty_join,
    is_name,
    method_call,
    operand,
    text_constant,
)
from burnish_analysis.perf.facts.writing import is_call
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["BytesByOrd", "HexByteByByte", "TextByChr"]

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
    calls = ("join",)

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
        if (
            upper is None
            or not builtin(node, module, "bytes")
            or kind not in ("", *_BYTES)
            or (upper and separator.isalpha())
        ):
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
    if (
        isinstance(node, ast.JoinedStr)
        and len(node.values) == 1
        and isinstance(node.values[0], ast.FormattedValue)
    ):
        value = node.values[0]
        if (
            is_name(value.value, name)
            and value.conversion == -1
            and isinstance(value.format_spec, ast.JoinedStr)
        ):
            parts = value.format_spec.values
            form = text_constant(parts[0]) if len(parts) == 1 else None
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        right = (
            node.right.elts[0]
            if isinstance(node.right, ast.Tuple) and len(node.right.elts) == 1
            else node.right
        )
        form = {"%02x": "02x", "%02X": "02X", "%.2x": "02x", "%.2X": "02X"}.get(
            text_constant(node.left) or ""
        )
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
    calls = ("join",)

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
        if over.tests or not isinstance(made, ast.Call) or not is_call(made, module, f"builtins.{function}"):
            return None
        return over.iterated if is_name(made.args[0], over.target.id) else None
    if isinstance(node, ast.Call) and is_call(node, module, "builtins.map", 2):
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
        preconditions=(
            "the value is a `str`",
            "every character is below 256: otherwise the exception is another kind of `ValueError`",
        ),
    )
    nodes = (ast.Call,)
    calls = ("bytes",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``bytes(…)``."""
        if not isinstance(node, ast.Call) or not is_call(node, module, "builtins.bytes"):
            return
        text = _mapped(node.args[0], "ord", module)
        if text is None:
            return
        evidence = Evidence()
        if not evidence.require(module.types.is_a(text, "str"), f"`{module.text(text)}` is a text"):
            return
        evidence.require(Known.UNKNOWN, "no character is above 255")
        yield module.finding(
            self, node, "Every character is looked at by itself; encoding as Latin-1 does all at once.", evidence,
            title="Encode as Latin-1",
            edits=[module.replace(node, f'{operand(text, module)}.encode("latin-1")')],
        )  # fmt: skip
