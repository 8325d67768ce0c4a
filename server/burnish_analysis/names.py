"""Do the names in a piece of code exist? By Python's scoping rules, within one file.

What cannot be told is taken to exist: a name in a part that does not parse, in a file with a star import, an attribute of
a class with unknown bases. So what is reported here is wrong, or needs an import.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator

from tree_sitter import Node

from burnish_analysis.syntax import SyntaxTree

__all__ = ["identifiers_in", "node_name", "scopes_around", "unknown_names"]

#: Names that every module has.
_ALWAYS = frozenset(dir(builtins)) | {
    "__name__", "__file__", "__doc__", "__path__", "__package__", "__spec__", "__class__", "__annotations__", "_"
}  # fmt: skip
_PATTERNS = frozenset(
    {
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "dictionary_splat_pattern",
        "as_pattern_target",
    }
)
_LEFT = frozenset({"assignment", "augmented_assignment", "for_statement", "for_in_clause"})
_NAMED = frozenset(
    {
        "function_definition",
        "class_definition",
        "named_expression",
        "default_parameter",
        "typed_default_parameter",
    }
)
_ALL_BIND = frozenset({
    "parameters", "lambda_parameters", "global_statement", "nonlocal_statement", "type_parameter", "case_pattern",
    "splat_pattern", "class_pattern", "keyword_pattern", "union_pattern", "dict_pattern", "tuple_pattern", "ERROR",
})  # fmt: skip
_SCOPES = frozenset({"module", "function_definition", "lambda", "class_definition"})
_REPEATING = frozenset(
    {
        "for_statement",
        "while_statement",
        "list_comprehension",
        "set_comprehension",
        "dictionary_comprehension",
        "generator_expression",
    }
)
#: Occurrences of a name that are looked at; a name as frequent as that exists.
_MOST_OCCURRENCES = 400


def unknown_names(tree: SyntaxTree, start: int, end: int) -> list[str]:
    """Names that the code at ``[start, end)`` uses and nothing visible from there binds before, in order, each once.

    Args:
        tree: the tree of the text with that code in it.
        start: character offset of its first character.
        end: character offset after its last one.
    """
    found: dict[str, None] = {}
    for node in identifiers_in(tree, start, end):
        name = node_name(node)
        if name in _ALWAYS or name in found or not _is_use(node):
            continue
        if not _exists(tree, node):
            found[name] = None
    return list(found)


def identifiers_in(tree: SyntaxTree, start: int, end: int) -> Iterator[Node]:
    """The identifiers that overlap the character range, in order; those that merely end at ``start`` do not."""
    low, high = tree.byte_offset(start), tree.byte_offset(end)
    stack = [tree.root]
    while stack:
        node = stack.pop()
        if node.type == "identifier":
            yield node
        else:
            stack.extend(
                child for child in reversed(node.children) if child.end_byte > low and child.start_byte < high
            )


def node_name(node: Node) -> str:
    """The text of an identifier."""
    return (node.text or b"").decode("utf-8", "replace")


def scopes_around(node: Node) -> list[Node]:
    """The modules, functions, lambdas and classes whose names ``node`` may see, innermost first.

    The name of a function or class belongs to the scope around it. Of classes, only the innermost scope itself counts.
    """
    scopes: list[Node] = []
    child, parent = node, node.parent
    while parent is not None:
        own_name = parent.type in ("function_definition", "class_definition") and (
            parent.child_by_field_name("name") == child
        )
        if parent.type in _SCOPES and not own_name and (parent.type != "class_definition" or not scopes):
            scopes.append(parent)
        child, parent = parent, parent.parent
    return scopes


def _is_use(node: Node) -> bool:
    """Whether an identifier reads a name (and is not an attribute, a keyword or a name being bound)."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "attribute":
        return parent.child_by_field_name("object") == node
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("value") == node
    if parent.type in ("dotted_name", "aliased_import", "ERROR"):
        return False
    return parent.type == "augmented_assignment" or not _binds(node)


def _exists(tree: SyntaxTree, use: Node) -> bool:
    name = use.text or b""
    pattern = re.compile(rb"(?<![\w.])" + re.escape(name) + rb"(?!\w)")
    places = [match.start() for match in pattern.finditer(tree.source) if match.start() != use.start_byte]
    if len(places) > _MOST_OCCURRENCES or _star_import(tree):
        return True
    if not tree.whole or _in_error(use):
        return bool(places)
    visible = scopes_around(use)
    for place in places:
        node = tree.root.descendant_for_byte_range(place, place + len(name))
        if node is None or node.type != "identifier" or not _binds(node):
            continue
        scope = _scope_of_binding(node)
        if _in_error(node) or (scope in visible and (scope != visible[0] or _happens_before(node, use))):
            return True
    return False


def _happens_before(binding: Node, use: Node) -> bool:
    """Whether a name may be bound when it is read, both in the same scope: above it, in a loop, or in a comprehension."""
    statement = _assignment_around(binding)
    if statement is not None and statement.start_byte <= use.start_byte < statement.end_byte:
        return False  # the right side is evaluated first
    if binding.start_byte < use.start_byte:
        return True
    around = binding.parent
    while around is not None and around.type not in _SCOPES:
        if around.type in _REPEATING and around.start_byte <= use.start_byte < around.end_byte:
            return True
        around = around.parent
    return False


def _binds(node: Node) -> bool:
    """Whether an identifier stands where a name is bound."""
    child, parent = node, node.parent
    while parent is not None and parent.type in _PATTERNS:
        child, parent = parent, parent.parent
    if parent is None:
        return False
    kind = parent.type
    if kind in _LEFT:
        return parent.child_by_field_name("left") == child
    if kind in _NAMED:
        return parent.child_by_field_name("name") == child
    if kind == "typed_parameter":
        return parent.child_by_field_name("type") != child
    if kind == "as_pattern":
        return child.type == "as_pattern_target"
    if kind == "aliased_import":
        return parent.child_by_field_name("alias") == child
    if kind == "dotted_name":
        return _imports(child, parent)
    if kind == "type":
        return parent.parent is not None and parent.parent.type == "type_parameter"
    return kind in _ALL_BIND


def _imports(child: Node, dotted: Node) -> bool:
    """Whether the first part of a dotted name in an import statement is bound (or it is a capture in a ``case``)."""
    statement = dotted.parent
    if statement is None or dotted.children[0] != child:
        return False
    if statement.type == "import_from_statement":
        return dotted in statement.children_by_field_name("name")
    return statement.type == "import_statement" or statement.type in _ALL_BIND


def _scope_of_binding(node: Node) -> Node | None:
    """The function, lambda, class or module whose name it becomes."""
    child, parent = node, node.parent
    while parent is not None:
        own_name = parent.type in ("function_definition", "class_definition") and (
            parent.child_by_field_name("name") == child
        )
        if parent.type in _SCOPES and not own_name:
            return parent
        child, parent = parent, parent.parent
    return None


def _assignment_around(node: Node) -> Node | None:
    """The assignment that binds the name, if one does: its right side is evaluated first."""
    parent = node.parent
    while parent is not None and parent.type in _PATTERNS:
        parent = parent.parent
    return parent if parent is not None and parent.type == "assignment" else None


def _in_error(node: Node) -> bool:
    current: Node | None = node
    while current is not None:
        if current.is_error:
            return True
        current = current.parent
    return False


def _star_import(tree: SyntaxTree) -> bool:
    return re.search(rb"(?m)^\s*from\s+[\w.]+\s+import\s+\*", tree.source) is not None
