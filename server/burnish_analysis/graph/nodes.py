"""Small readings of tree-sitter nodes of Python that the graph and the context share."""

from __future__ import annotations

import re

from tree_sitter import Node

__all__ = [
    "constructor",
    "docstring",
    "dotted_name",
    "field_text",
    "flat",
    "header",
    "node_text",
    "type_name",
]

_SPACE = re.compile(r"\s+")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CLASS = re.compile(r"(?:\w+\.)*_*[A-Z]\w*")
_NONE = re.compile(r"\s*\|\s*None\b|\bNone\s*\|\s*")
_OPTIONAL = re.compile(r"(?:typing\.)?Optional\[(.+)\]")
#: Longest first docstring line that is kept, in characters.
_DOC = 160
#: Attributes and calls followed in one expression.
_DEPTH = 12


def node_text(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def field_text(node: Node, name: str) -> str:
    """The source of a node's field; empty where there is none."""
    child = node.child_by_field_name(name)
    return "" if child is None else node_text(child)


def flat(text: str) -> str:
    """Text on one line, white space folded."""
    return _SPACE.sub(" ", text).strip()


def dotted_name(node: Node | None) -> str:
    """``a.b.c`` of a name or attribute, looking through calls (``a().b`` is ``a.b``) and awaits; empty for all else."""
    parts: list[str] = []
    for _ in range(_DEPTH):
        if node is None:
            return ""
        if node.type == "identifier":
            return ".".join([node_text(node), *reversed(parts)])
        if node.type == "attribute":
            parts.append(field_text(node, "attribute"))
            node = node.child_by_field_name("object")
        elif node.type == "call":
            node = node.child_by_field_name("function")
        elif node.type in ("await", "parenthesized_expression") and node.named_child_count == 1:
            node = node.named_child(0)
        else:
            return ""
    return ""


def header(node: Node, body: Node | None) -> str:
    """The text of a definition up to its body, on one line."""
    raw = node.text or b""
    if body is not None:
        raw = raw[: body.start_byte - node.start_byte]
    text = raw.decode("utf-8", "replace")
    # A comment on the header's line would swallow what is folded onto it.
    lines = (re.sub(r"(?<=[:,(\[])\s*#[^\"']*$", "", line) for line in text.split("\n"))
    return flat(" ".join(lines) if body is not None else text.split("\n", 1)[0])


def docstring(body: Node | None) -> str:
    """The first line of a block's docstring."""
    first = body.named_children[0] if body is not None and body.named_children else None
    if first is not None and first.type == "expression_statement" and first.named_children:
        first = first.named_children[0]
    if first is None or first.type != "string":
        return ""
    lines = node_text(first).lstrip("rRuU").strip("\"'").strip().splitlines()
    return lines[0].strip()[:_DOC] if lines else ""


def type_name(node: Node | None) -> str:
    """The class an annotation names: optional and quoted ones are looked through, containers are not."""
    if node is None:
        return ""
    text = _NONE.sub("", node_text(node).strip("\"' "))
    optional = _OPTIONAL.fullmatch(text)
    text = optional.group(1) if optional else text
    return text if _DOTTED.fullmatch(text) and text not in _BUILTIN else ""


_BUILTIN = frozenset(
    {"None", "str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple", "object", "Any", "type"}
)


def constructor(node: Node | None) -> str:
    """The name called, where it looks like a class."""
    if node is None or node.type != "call":
        return ""
    name = field_text(node, "function")
    return name if _CLASS.fullmatch(name) else ""
