"""From a syntax tree to what the graph keeps of a file. Half-written code gives what can be read of it."""

from __future__ import annotations

import re

from tree_sitter import Node

from burnish_analysis.graph.model import FileGraph, Import, Symbol
from burnish_analysis.graph.nodes import (
    constructor,
    docstring,
    dotted_name,
    field_text,
    flat,
    header,
    node_text,
    type_name,
)
from burnish_analysis.syntax import SyntaxTree

__all__ = ["MAX_SYMBOLS", "extract", "read_imports"]

#: Longest signature that is kept, in characters, and longest first line of an assignment.
_SIGNATURE, _ASSIGNMENT = 400, 120
#: The most symbols, and the most calls, that are kept of one file: more have generated ones only.
MAX_SYMBOLS, _MAX_CALLS = 3_000, 6_000
_MODULE_PARTS = frozenset({"dotted_name", "relative_import"})
_DECORATORS, _DECORATOR = 3, 60
_LONG_STRING = re.compile(r"(\"|')(?:(?!\1)[^\\\n]|\\.){40,}\1")


def extract(tree: SyntaxTree, before: FileGraph | None = None) -> FileGraph:
    """The graph of a file.

    Where the text has syntax errors, symbols known ``before`` that can no longer be read but whose definition's
    name still stands in the text are kept.
    """
    reader = _Reader()
    reader.read(tree.root)
    symbols = reader.symbols
    if before is not None and tree.root.has_error:
        known = {symbol.name for symbol in symbols}
        words = set(re.findall(r"\w+", tree.text))
        symbols += [s for s in before.symbols if s.name not in known and s.leaf in words]
    calls = {scope: tuple(names) for scope, names in reader.calls.items()}
    return FileGraph(tuple(symbols[:MAX_SYMBOLS]), tuple(reader.imports), calls)


def read_imports(tree: SyntaxTree) -> tuple[Import, ...]:
    """The imports at the top level of a module and in its ``if`` and ``try`` statements, quickly."""
    reader = _Reader()
    stack = list(reversed(tree.root.named_children))
    while stack:
        node = stack.pop()
        if node.type in ("import_statement", "import_from_statement"):
            reader.take_import(node)
        elif node.type in ("if_statement", "try_statement", "block", "except_clause", "else_clause", "ERROR"):
            stack.extend(reversed(node.named_children))
    return tuple(reader.imports)


class _Reader:
    """Walks a tree with a stack of its own, so that deep nesting cannot exhaust Python's."""

    def __init__(self) -> None:
        self.symbols: list[Symbol] = []
        self.imports: list[Import] = []
        self.calls: dict[str, dict[str, None]] = {}
        self._call_count = 0
        #: Annotated parameters of the functions read so far, by scope.
        self._params: dict[str, dict[str, str]] = {}

    def read(self, root: Node) -> None:
        stack: list[tuple[Node, str, str]] = [(root, "", "")]
        while stack and len(self.symbols) < MAX_SYMBOLS:
            node, scope, owner = stack.pop()
            kind = node.type
            if kind in ("import_statement", "import_from_statement"):
                self.take_import(node)
                continue
            if kind == "call":
                self._call(node, scope)
            elif kind in ("class_definition", "function_definition"):
                scope, owner = self._definition(node, scope, owner)
            elif kind == "assignment":
                self._assignment(node, scope, owner)
            stack.extend((child, scope, owner) for child in reversed(node.named_children))

    def _call(self, node: Node, scope: str) -> None:
        name = dotted_name(node.child_by_field_name("function"))
        if name and self._call_count < _MAX_CALLS:
            self._call_count += 1
            self.calls.setdefault(scope, {})[name] = None

    def _definition(self, node: Node, scope: str, owner: str) -> tuple[str, str]:
        """Note a class or function; returns the scope and the class within it."""
        name = field_text(node, "name")
        if not name:
            return scope, owner
        qualified = f"{scope}.{name}" if scope else name
        is_class = node.type == "class_definition"
        body = node.child_by_field_name("body")
        kind = "class" if is_class else "method" if owner and owner == scope else "function"
        params = () if is_class else _annotated(node)
        self._params[qualified] = dict(params)
        self.symbols.append(
            Symbol(
                qualified,
                kind,
                header(node, body)[:_SIGNATURE],
                docstring(body),
                node.start_point[0],
                node.end_point[0],
                type_name(node.child_by_field_name("return_type")),
                _bases(node) if is_class else (),
                params,
                _decorators(node),
            )
        )
        return qualified, qualified if is_class else owner

    def _assignment(self, node: Node, scope: str, owner: str) -> None:
        left = node.child_by_field_name("left")
        if left is None:
            return
        target = node_text(left)
        if left.type == "identifier" and scope in ("", owner):
            name, kind = (f"{owner}.{target}", "attribute") if owner else (target, "variable")
        elif owner and left.type == "attribute" and re.fullmatch(r"self\.\w+", target):
            name, kind = f"{owner}.{target[5:]}", "attribute"
        else:
            return
        right = node.child_by_field_name("right")
        value = type_name(node.child_by_field_name("type")) or constructor(right)
        if not value and right is not None and right.type == "identifier":
            value = self._params.get(scope, {}).get(node_text(right), "")
        line = _LONG_STRING.sub(r"\1...\1", flat(node_text(node).split("\n", 1)[0]))[:_ASSIGNMENT]
        self.symbols.append(Symbol(name, kind, line, "", node.start_point[0], node.end_point[0], value))

    def take_import(self, node: Node) -> None:
        """Note what an import statement binds."""
        module_node = node.child_by_field_name("module_name")
        module = node_text(module_node) if module_node is not None else ""
        for child in node.named_children:
            if module_node is not None and child.start_byte == module_node.start_byte:
                continue
            name, alias = node_text(child), ""
            if child.type == "aliased_import":
                name, alias = field_text(child, "name"), field_text(child, "alias")
            elif child.type == "wildcard_import":
                name = "*"
            elif child.type not in _MODULE_PARTS:
                continue
            if module_node is None:
                self.imports.append(Import(name, "", alias or name))
            else:
                self.imports.append(Import(module, name, alias or name))


def _annotated(node: Node) -> tuple[tuple[str, str], ...]:
    """The parameters of a function whose annotation names a class."""
    listed = node.child_by_field_name("parameters")
    found = []
    for child in listed.named_children if listed is not None else []:
        if child.type not in ("typed_parameter", "typed_default_parameter"):
            continue
        kind = type_name(child.child_by_field_name("type"))
        name = child.child_by_field_name("name") or (
            child.named_children[0] if child.named_children else None
        )
        if kind and name is not None and name.type == "identifier":
            found.append((node_text(name), kind))
    return tuple(found)


def _bases(node: Node) -> tuple[str, ...]:
    listed = node.child_by_field_name("superclasses")
    found = listed.named_children if listed is not None else []
    # Base[T] is a Base.
    bases = (base.child_by_field_name("value") if base.type == "subscript" else base for base in found)
    return tuple(
        node_text(base) for base in bases if base is not None and base.type in ("identifier", "attribute")
    )


def _decorators(node: Node) -> tuple[str, ...]:
    parent = node.parent
    if parent is None or parent.type != "decorated_definition":
        return ()
    found = [flat(node_text(child)) for child in parent.named_children if child.type == "decorator"]
    return tuple(text for text in found if len(text) <= _DECORATOR)[:_DECORATORS]
