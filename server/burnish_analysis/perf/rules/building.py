"""Texts, bytes and tuples that are built by ``+`` in a loop: every step copies what is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import ClassVar

from burnish_analysis.perf.model import About, Evidence, Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.building_parts import Growth, Joined, collected

__all__ = ["BytesConcatInLoop", "StringConcatInLoop", "StringPrependInLoop", "TuplePlusInLoop"]


def _append(name: str, _one: Growth, text: str, _module: Module) -> str:
    return f"{name}.append({text})"


def _add_items(name: str, one: Growth, text: str, module: Module) -> str:
    part = one.part
    if isinstance(part, ast.Tuple) and len(part.elts) == 1 and not isinstance(part.elts[0], ast.Starred):
        return f"{name}.append({module.text(part.elts[0])})"
    return f"{name}.extend({text})"


_TEXT = Joined("str", "parts", "str", _append, lambda name: f'"".join({name})')
_REVERSED = Joined("str", "parts", "str", _append, lambda name: f'"".join(reversed({name}))')
_BYTES = Joined("bytes", "parts", "bytes", _append, lambda name: f'b"".join({name})')
_TUPLE = Joined("tuple", "items", "", _add_items, lambda name: f"tuple({name})")

_PRECONDITIONS = (
    "the variable is local and is neither read nor bound otherwise in the loop",
    "what is added is of the same type",
    "nobody sees the unfinished value after an exception",
)


class _Collected(Rule):
    """What is made longer in every round is collected in a list instead.

    Attributes:
        how: what grows, and how its parts become one. front: whether it grows at its front.
        said: the message. title: of the fix.
    """

    how: ClassVar[Joined]
    front: ClassVar[bool] = False
    said: ClassVar[str]
    title: ClassVar[str]
    nodes: ClassVar[tuple[type[ast.AST], ...]] = (ast.AugAssign, ast.Assign)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first statement of a loop that makes it longer."""
        evidence = Evidence()
        edits = collected(node, self.how, module, evidence, front=self.front)
        if edits is not None:
            yield module.finding(self, node, self.said, evidence, title=self.title, edits=edits)


class StringConcatInLoop(_Collected):
    """``text += part`` in a loop."""

    id = "string-concat-in-loop"
    about = About(
        summary="A text is built by `+` in a loop",
        before="""\
def table(words: list[str]) -> str:
    text = ""
    for word in words:
        text = text + word
        text += ", "
    return text
""",
        after="""\
def table(words: list[str]) -> str:
    text_parts = []
    for word in words:
        text_parts.append(word)
        text_parts.append(", ")
    return "".join(text_parts)
""",
        why="A text cannot grow in place but by a trick of CPython that does not always work: otherwise every step copies all that is "
        "there. `join` copies each part once.",
        preconditions=_PRECONDITIONS,
        references=("https://docs.python.org/3/library/stdtypes.html#common-sequence-operations",),
    )
    how = _TEXT
    said = "A text that grows in a loop is copied again and again; parts are joined in one step."
    title = "Collect the parts and join them"


class StringPrependInLoop(_Collected):
    """``text = part + text`` in a loop."""

    id = "string-prepend-in-loop"
    about = About(
        summary="A text is built from its end in a loop",
        before="""\
def backwards(words: list[str]) -> str:
    text = ""
    for word in words:
        text = word + text
    return text
""",
        after="""\
def backwards(words: list[str]) -> str:
    text_parts = []
    for word in words:
        text_parts.append(word)
    return "".join(reversed(text_parts))
""",
        why="Putting a part before a text copies the whole text every time; `join` copies each part once.",
        preconditions=_PRECONDITIONS,
    )
    nodes = (ast.Assign,)
    how = _REVERSED
    front = True
    said = "A text that grows at its front is copied in every round; parts are joined in one step."
    title = "Collect the parts and join them"


class BytesConcatInLoop(_Collected):
    """``data += part`` of ``bytes`` in a loop."""

    id = "bytes-concat-in-loop"
    about = About(
        summary="Bytes are built by `+` in a loop",
        before="""\
def packed(blocks: list[bytes]) -> bytes:
    data = b""
    for block in blocks:
        data += block
    return data
""",
        after="""\
def packed(blocks: list[bytes]) -> bytes:
    data_parts = []
    for block in blocks:
        data_parts.append(block)
    return b"".join(data_parts)
""",
        why="Bytes cannot grow in place, so every step copies all that is there; `join` copies each part once.",
        preconditions=_PRECONDITIONS,
        references=("https://docs.python.org/3/library/stdtypes.html#common-sequence-operations",),
    )
    how = _BYTES
    said = "Bytes that grow in a loop are copied in every round; parts are joined in one step."
    title = "Collect the parts and join them"


class TuplePlusInLoop(_Collected):
    """``found += (x,)`` in a loop."""

    id = "tuple-plus-in-loop"
    about = About(
        summary="A tuple is built by `+` in a loop",
        before="""\
def squares(numbers: list[int]) -> tuple[int, ...]:
    found = ()
    for number in numbers:
        found += (number * number,)
    return found
""",
        after="""\
def squares(numbers: list[int]) -> tuple[int, ...]:
    found_items = []
    for number in numbers:
        found_items.append(number * number)
    return tuple(found_items)
""",
        why="A tuple cannot grow, so every step copies all that is there; a list grows in place.",
        preconditions=_PRECONDITIONS,
        references=("https://docs.python.org/3/library/stdtypes.html#common-sequence-operations",),
    )
    how = _TUPLE
    said = "A tuple that grows in a loop is copied in every round; a list grows in place."
    title = "Collect the items in a list"
