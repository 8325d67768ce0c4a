"""From a syntax tree to what the graph keeps of a file. Half-written code gives what can be read of it."""

from __future__ import annotations

import re

from tree_sitter import Node

from burnish_analysis.graph.model import FileGraph, Import, Symbol
from burnish_analysis.syntax import SyntaxTree

__all__ = ["extract"]

_SPACE = re.compile(r"\s+")
#: Longest signature and first docstring line that is kept, in characters.
_SIGNATURE, _DOC = 400, 160
_MODULE_PARTS = frozenset({"dotted_name", "relative_import"})


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
        symbols += [s for s in before.symbols if s.name not in known and s.name.split(".")[-1] in words]
    uses = {scope: tuple(names) for scope, names in reader.uses.items()}
    return FileGraph(tuple(symbols), tuple(reader.imports), uses)


class _Reader:
    """Walks a tree with a stack of its own, so that deep nesting cannot exhaust Python's."""

    def __init__(self) -> None:
        self.symbols: list[Symbol] = []
        self.imports: list[Import] = []
        self.uses: dict[str, dict[str, None]] = {}

    def read(self, root: Node) -> None:
        stack: list[tuple[Node, str, str]] = [(root, "", "")]
        while stack:
            node, scope, owner = stack.pop()
            kind = node.type
            if kind in ("import_statement", "import_from_statement"):
                self._import(node)
                continue
            if kind in ("identifier", "attribute"):
                self.uses.setdefault(scope, {})[_text(node)] = None
                if kind == "identifier" or _is_dotted(node):
                    continue
            if kind in ("class_definition", "function_definition"):
                scope, owner = self._definition(node, scope, owner)
            elif kind == "assignment":
                self._assignment(node, scope, owner)
            stack.extend((child, scope, owner) for child in reversed(node.named_children))

    def _definition(self, node: Node, scope: str, owner: str) -> tuple[str, str]:
        """Note a class or function; returns the scope and the class within it."""
        name = _field(node, "name")
        if not name:
            return scope, owner
        qualified = f"{scope}.{name}" if scope else name
        is_class = node.type == "class_definition"
        body = node.child_by_field_name("body")
        kind = "class" if is_class else "method" if owner and owner == scope else "function"
        self.symbols.append(
            Symbol(
                qualified,
                kind,
                _header(node, body),
                _docstring(body),
                node.start_point[0],
                node.end_point[0],
                _type_name(node.child_by_field_name("return_type")),
                _bases(node) if is_class else (),
            )
        )
        return qualified, qualified if is_class else owner

    def _assignment(self, node: Node, scope: str, owner: str) -> None:
        left = node.child_by_field_name("left")
        if left is None:
            return
        target = _text(left)
        if left.type == "identifier" and scope in ("", owner):
            name, kind = (f"{owner}.{target}", "attribute") if owner else (target, "variable")
        elif owner and left.type == "attribute" and re.fullmatch(r"self\.\w+", target):
            name, kind = f"{owner}.{target[5:]}", "attribute"
        else:
            return
        value = _type_name(node.child_by_field_name("type")) or _constructor(
            node.child_by_field_name("right")
        )
        line = _flat(_text(node).split("\n", 1)[0])[:_SIGNATURE]
        self.symbols.append(Symbol(name, kind, line, "", node.start_point[0], node.end_point[0], value))

    def _import(self, node: Node) -> None:
        module_node = node.child_by_field_name("module_name")
        module = _text(module_node) if module_node is not None else ""
        for child in node.named_children:
            if module_node is not None and child.start_byte == module_node.start_byte:
                continue
            name, alias = _text(child), ""
            if child.type == "aliased_import":
                name, alias = _field(child, "name"), _field(child, "alias")
            elif child.type == "wildcard_import":
                name = "*"
            elif child.type not in _MODULE_PARTS:
                continue
            if module_node is None:
                self.imports.append(Import(name, "", alias or name))
            else:
                self.imports.append(Import(module, name, alias or name))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _field(node: Node, name: str) -> str:
    child = node.child_by_field_name(name)
    return "" if child is None else _text(child)


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _is_dotted(node: Node) -> bool:
    return re.fullmatch(r"[\w.]+", _text(node)) is not None


def _header(node: Node, body: Node | None) -> str:
    """The text of a definition up to its body, on one line."""
    raw = node.text or b""
    if body is not None:
        raw = raw[: body.start_byte - node.start_byte]
    header = raw.decode("utf-8", "replace")
    return _flat(header if body is not None else header.split("\n", 1)[0])[:_SIGNATURE]


def _docstring(body: Node | None) -> str:
    first = body.named_children[0] if body is not None and body.named_children else None
    if first is not None and first.type == "expression_statement" and first.named_children:
        first = first.named_children[0]
    if first is None or first.type != "string":
        return ""
    lines = _text(first).lstrip("rRuU").strip("\"'").strip().splitlines()
    return lines[0].strip()[:_DOC] if lines else ""


def _bases(node: Node) -> tuple[str, ...]:
    listed = node.child_by_field_name("superclasses")
    found = listed.named_children if listed is not None else []
    return tuple(_text(base) for base in found if base.type in ("identifier", "attribute"))


def _type_name(node: Node | None) -> str:
    """The class an annotation names: optional and quoted ones are looked through, containers are not."""
    if node is None:
        return ""
    text = re.sub(r"\s*\|\s*None\b|\bNone\s*\|\s*", "", _text(node).strip("\"' "))
    optional = re.fullmatch(r"(?:typing\.)?Optional\[(.+)\]", text)
    text = optional.group(1) if optional else text
    return text if re.fullmatch(r"[A-Za-z_][\w.]*", text) else ""


def _constructor(node: Node | None) -> str:
    """The name called, where it looks like a class."""
    if node is None or node.type != "call":
        return ""
    name = _field(node, "function")
    return name if re.fullmatch(r"(?:\w+\.)*_*[A-Z]\w*", name) else ""
