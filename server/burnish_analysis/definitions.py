"""Functions and classes of one file by name, for hover."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache

import tree_sitter_python
from tree_sitter import Language, Node, Query, QueryCursor

from burnish_analysis.syntax import SyntaxTree

__all__ = ["Definition", "definition_at"]


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class defined in the file: its header without the body, and its docstring."""

    name: str
    signature: str
    docstring: str


@cache
def _query() -> Query:
    language = Language(tree_sitter_python.language())
    return Query(
        language,
        "(function_definition name: (identifier) @name) (class_definition name: (identifier) @name)",
    )


def definition_at(tree: SyntaxTree, offset: int) -> tuple[Definition, int, int] | None:
    """The definition that the identifier at ``offset`` names, if this file holds one.

    The definition nearest above the cursor wins, then the first below it.

    Returns:
        The definition and the identifier's character range, or ``None``.
    """
    node = tree.node_at(offset)
    if node is None or node.type != "identifier":
        node = tree.leaf_before(offset)
    if node is None or node.type != "identifier" or node.text is None:
        return None
    found = _nearest(tree.root, node)
    if found is None or found.parent is None:
        return None
    definition = Definition(
        name=node.text.decode("utf-8", "replace"),
        signature=_signature(tree.source, found.parent),
        docstring=_docstring(found.parent),
    )
    return definition, tree.char_offset(node.start_byte), tree.char_offset(node.end_byte)


def _nearest(root: Node, wanted: Node) -> Node | None:
    names = [
        node for node in QueryCursor(_query()).captures(root).get("name", []) if node.text == wanted.text
    ]
    above = [node for node in names if node.start_byte <= wanted.start_byte]
    if above:
        return max(above, key=lambda node: node.start_byte)
    return min(names, key=lambda node: node.start_byte, default=None)


def _signature(source: bytes, definition: Node) -> str:
    body = definition.child_by_field_name("body")
    end = body.start_byte if body is not None else definition.end_byte
    header = source[definition.start_byte : end].decode("utf-8", "replace")
    return " ".join(header.split()).removesuffix(":").rstrip()


def _docstring(definition: Node) -> str:
    body = definition.child_by_field_name("body")
    first = body.named_child(0) if body is not None and body.named_child_count else None
    string = first.named_child(0) if first is not None and first.named_child_count else None
    if first is None or string is None or first.type != "expression_statement" or string.type != "string":
        return ""
    parts = [child.text for child in string.children if child.type == "string_content" and child.text]
    return inspect.cleandoc(b"".join(parts).decode("utf-8", "replace"))
