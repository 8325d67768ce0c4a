"""Do the attributes of ``self`` exist? Only where the class and all of its bases stand in the same file."""

from __future__ import annotations

import re

from tree_sitter import Node

from burnish_analysis.names import identifiers_in, node_name
from burnish_analysis.syntax import SyntaxTree

__all__ = ["unknown_attributes"]

#: Bases that add nothing of their own.
_PLAIN_BASES = frozenset({"object", "ABC", "abc.ABC", "Protocol", "typing.Protocol"})
#: Class decorators that leave the attributes as they are written.
_PLAIN_DECORATORS = frozenset(
    {"dataclass", "dataclasses.dataclass", "final", "total_ordering", "functools.total_ordering"}
)
_DYNAMIC = frozenset({"__getattr__", "__getattribute__"})
_DEEPEST = 5


def unknown_attributes(tree: SyntaxTree, start: int, end: int) -> list[str]:
    """Attributes that the code at ``[start, end)`` reads from ``self`` and its class does not have, each once.

    An attribute that the file mentions anywhere else counts as there: a mixin may rely on its subclasses.

    Args:
        tree: the tree of the text with that code in it.
        start: character offset of its first character.
        end: character offset after its last one.
    """
    if not tree.whole:
        return []
    low, high = tree.byte_offset(start), tree.byte_offset(end)
    outside = tree.source[:low] + b" " + tree.source[high:]
    known: dict[int, set[str] | None] = {}
    found: dict[str, None] = {}
    for node in identifiers_in(tree, start, end):
        attribute = node.parent
        if (
            attribute is None
            or attribute.type != "attribute"
            or attribute.child_by_field_name("attribute") != node
        ):
            continue
        receiver = attribute.child_by_field_name("object")
        owner = _class_of_self(receiver) if receiver is not None else None
        if owner is None or _is_written(attribute):
            continue
        if owner.id not in known:
            known[owner.id] = _attributes(tree, owner, _DEEPEST)
        attributes = known[owner.id]
        name = node_name(node)
        if attributes is None or name in attributes or name in found:
            continue
        if re.search(rb"\b" + re.escape(name.encode()) + rb"\b", outside) is None:
            found[name] = None
    return list(found)


def _class_of_self(receiver: Node) -> Node | None:
    """The class whose instance ``receiver`` names: the first parameter of the method around it."""
    if receiver.type != "identifier":
        return None
    function = receiver.parent
    while function is not None and function.type not in ("function_definition", "lambda", "class_definition"):
        function = function.parent
    if function is None or function.type != "function_definition":
        return None
    decorated = function.parent is not None and function.parent.type == "decorated_definition"
    holder = function.parent.parent if decorated and function.parent is not None else function.parent
    owner = holder.parent if holder is not None and holder.type == "block" else None
    parameters = function.child_by_field_name("parameters")
    first = parameters.named_children[0] if parameters is not None and parameters.named_children else None
    if owner is None or owner.type != "class_definition" or first is None or first.type != "identifier":
        return None
    if first.text != receiver.text or node_name(first) != "self":
        return None
    return owner


def _is_written(attribute: Node) -> bool:
    parent = attribute.parent
    return parent is not None and (
        (parent.type == "assignment" and parent.child_by_field_name("left") == attribute)
        or parent.type in ("pattern_list", "tuple_pattern", "as_pattern_target", "ERROR")
    )


def _attributes(tree: SyntaxTree, owner: Node, depth: int) -> set[str] | None:
    """What a class has by itself and from its bases; None where it cannot be told."""
    if depth == 0 or owner.has_error or not _plainly_decorated(owner):
        return None
    found = set(dir(object)) | {"__dict__", "__annotations__", "__weakref__", "__slots__"}
    body = owner.child_by_field_name("body")
    if body is None:
        return None
    for node in body.named_children:
        found |= _defined(node)
    if found & _DYNAMIC - set(dir(object)):
        return None
    arguments = owner.child_by_field_name("superclasses")
    for base in arguments.named_children if arguments is not None else []:
        inherited = _inherited(tree, base, depth)
        if inherited is None:
            return None
        found |= inherited
    return found


def _inherited(tree: SyntaxTree, base: Node, depth: int) -> set[str] | None:
    text = node_name(base)
    if text in _PLAIN_BASES or text.startswith(("Generic[", "Protocol[")):
        return set()
    if base.type != "identifier":
        return None
    for node in tree.root.named_children:
        definition = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
        if definition is not None and definition.type == "class_definition":
            name = definition.child_by_field_name("name")
            if name is not None and name.text == base.text:
                return _attributes(tree, definition, depth - 1)
    return None


def _defined(node: Node) -> set[str]:
    """Names that a statement in a class body defines."""
    if node.type == "decorated_definition":
        definition = node.child_by_field_name("definition")
        return _defined(definition) if definition is not None else set()
    if node.type in ("function_definition", "class_definition"):
        name = node.child_by_field_name("name")
        return {node_name(name)} if name is not None else set()
    # Whatever a statement mentions may be one: fields, enumerations, properties made by a call.
    return set(re.findall(r"\w+", node_name(node)))


def _plainly_decorated(owner: Node) -> bool:
    around = owner.parent
    if around is None or around.type != "decorated_definition":
        return True
    names = [
        node_name(node).removeprefix("@").split("(", 1)[0].strip()
        for node in around.children
        if node.type == "decorator"
    ]
    return all(name in _PLAIN_DECORATORS for name in names)
