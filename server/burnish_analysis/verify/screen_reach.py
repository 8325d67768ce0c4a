"""Which statements of a module a function needs, so that a script's body is not run to test one function of it.

What is kept: imports and definitions of the names that the function reaches (through other functions, decorators, defaults,
annotations and base classes), constants, and module-level statements that fill them. What does not bind or change a needed
name is blanked out; every line stays where it was.
"""

from __future__ import annotations

import ast
import dis
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Reach", "find_function", "normal_newlines", "reach", "slice_module"]

_COMPOUND = (
    ast.If,
    ast.Try,
    ast.TryStar,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Match,
)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Instructions that look a name up in the module.
_LOAD_GLOBAL = dis.opmap["LOAD_GLOBAL"]
_LOOKUPS = ("LOAD_NAME", "LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")
_GLOBAL = frozenset(dis.opmap[name] for name in _LOOKUPS if name in dis.opmap)
#: Where these are called, names may be used that are nowhere written.
_BY_TEXT = frozenset({"globals", "vars", "locals", "eval", "exec"})
_NEWLINES = re.compile("\r\n|\r")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Reach:
    """What a function needs.

    Attributes:
        statements: of the module, in order. names: of the module's names, those needed.
        code: what can run when the function is called: its own body, those of functions and of methods it may
            reach, and the statements that are not definitions.
    """

    statements: tuple[ast.stmt, ...]
    names: frozenset[str]
    code: tuple[ast.AST, ...]


def normal_newlines(source: str) -> str:
    """``source`` with the newlines that the parser sees, and without a byte order mark."""
    return _NEWLINES.sub("\n", source.removeprefix("\ufeff"))


def find_function(tree: ast.Module, function: str) -> Definition | None:
    """The definition that ``function`` (dotted) names, the last one where there are several; None where none is."""
    body: Sequence[ast.stmt] = tree.body
    found: Definition | None = None
    for part in function.split("."):
        named = [node for node in _flat(body) if isinstance(node, _DEFINITIONS) and node.name == part]
        if not named:
            return None
        found = named[-1]
        body = found.body
    return found


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements and, inside compound ones, theirs; not those of functions and classes."""
    for node in body:
        yield node
        if isinstance(node, _COMPOUND):
            for child in ast.iter_child_nodes(node):
                parts = child.body if isinstance(child, (ast.ExceptHandler, ast.match_case)) else [child]
                yield from _flat(part for part in parts if isinstance(part, ast.stmt))


def reach(tree: ast.Module, function: str, also: Iterable[str] = ()) -> Reach:
    """What ``function`` needs of its module, and the names ``also`` given (the inputs may use them)."""
    return _Reacher(tree, function).run(also)


class _Reacher:
    def __init__(self, tree: ast.Module, function: str) -> None:
        self.tree, self.function = tree, function
        binds = [_bound(node) for node in tree.body]
        functions = {node.name: node for node in tree.body if isinstance(node, _FUNCTIONS)}
        changes = [_changed(node, functions) for node in tree.body]
        self.touching: dict[str, list[int]] = {}
        for number, (bound, changed) in enumerate(zip(binds, changes, strict=True)):
            for name in bound | changed:
                self.touching.setdefault(name, []).append(number)
        self.defined: frozenset[str] = frozenset().union(*binds)
        self.kept: set[int] = set()
        self.names: set[str] = set()
        self.everything = False

    def run(self, also: Iterable[str]) -> Reach:
        todo = [self.function.partition(".")[0], *also]
        for number, node in enumerate(self.tree.body):
            if _always(node, number):
                self._keep(number, todo)
        while todo:
            name = todo.pop()
            if name in self.names or name not in self.defined:
                continue
            self.names.add(name)
            for number in self.touching.get(name, ()):
                self._keep(number, todo)
        statements = tuple(node for number, node in enumerate(self.tree.body) if number in self.kept)
        return Reach(statements, frozenset(self.names), tuple(self._code(statements)))

    def _keep(self, number: int, todo: list[str]) -> None:
        if number in self.kept or _is_main(self.tree.body[number]):
            return
        self.kept.add(number)
        used = _used(self.tree.body[number])
        if not self.everything and used & _BY_TEXT - self.defined:
            self.everything = True
            used |= self.defined
        todo.extend(used)

    def _code(self, statements: Iterable[ast.stmt]) -> Iterator[ast.AST]:
        """Of classes only the methods whose names occur somewhere: what an unneeded method does is no matter."""
        target = find_function(self.tree, self.function)
        classes: list[ast.ClassDef] = []
        for node in statements:
            classes.extend(part for part in _flat([node]) if isinstance(part, ast.ClassDef))
            if not isinstance(node, ast.ClassDef):
                yield node
        bodies = [node for node in statements if not isinstance(node, ast.ClassDef)]
        wanted = {node.attr for body in bodies for node in ast.walk(body) if isinstance(node, ast.Attribute)}
        rest: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        for owner in classes:
            yield from (*owner.decorator_list, *owner.bases)
            for part in owner.body:
                if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    rest.append(part)
                else:
                    yield part
        # Methods are found by name alone: whose they are is not known.
        grown = True
        while grown:
            grown = False
            for method in list(rest):
                special = method.name.startswith("__") and method.name.endswith("__")
                if method is target or special or method.name in wanted:
                    rest.remove(method)
                    wanted |= {part.attr for part in ast.walk(method) if isinstance(part, ast.Attribute)}
                    grown = True
                    yield method


def _always(node: ast.stmt, number: int) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__" or any(name.name == "*" for name in node.names)
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return number == 0 and docstring


def _bound(node: ast.stmt) -> frozenset[str]:
    """Names that a statement of the module gives a value."""
    found: set[str] = set()
    for part in _own(node):
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in part.names}
        elif isinstance(part, _DEFINITIONS):
            found.add(part.name)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del)):
            found.add(part.id)
        elif (isinstance(part, ast.ExceptHandler) and part.name) or (
            isinstance(part, (ast.MatchAs, ast.MatchStar)) and part.name
        ):
            found.add(part.name)
    return frozenset(found)


def _changed(node: ast.stmt, functions: Mapping[str, ast.AST]) -> frozenset[str]:
    """Names whose objects a statement of the module may change: ``TABLE[k] = v``, ``names.append(x)``, ``fill_table()``."""
    found: set[str] = set()
    for part in _own(node):
        found |= _changes(part)
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            called = part.value.func
            if isinstance(called, ast.Name) and called.id in functions:
                for inner in ast.walk(functions[called.id]):
                    found |= set(inner.names) if isinstance(inner, ast.Global) else _changes(inner)
    return frozenset(found)


def _changes(part: ast.AST) -> set[str]:
    if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, (ast.Store, ast.Del)):
        return _root(part)
    if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
        call = part.value
        named = isinstance(call.func, ast.Name) and call.func.id == "print"
        given = [] if named else [*call.args, *(keyword.value for keyword in call.keywords)]
        return _root(call.func) | {value.id for value in given if isinstance(value, ast.Name)}
    return set()


def _is_main(node: ast.stmt) -> bool:
    """``if __name__ == "__main__":`` without an else: never true where a function is tested."""
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


def _root(node: ast.AST) -> set[str]:
    plain = isinstance(node, ast.Name)
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) and not plain else set()


def _own(root: ast.AST) -> Iterator[ast.AST]:
    """``root`` and what is inside it in the module's own scope."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, _SCOPES):
            todo.extend(ast.iter_child_nodes(node))


def _used(node: ast.stmt) -> set[str]:
    """Names of the module (or builtins) that a statement uses at any depth: what its code objects look up globally."""
    found: set[str] = set()
    todo = [compile(ast.Module([node], []), "<slice>", "exec", dont_inherit=True)]
    while todo:
        code = todo.pop()
        found |= _looked_up(code)
        todo.extend(part for part in code.co_consts if isinstance(part, types.CodeType))
    if isinstance(node, (ast.For, ast.AsyncFor)):
        # What a loop counts with comes from nowhere else.
        found -= {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
    for part in ast.walk(node):
        if isinstance(part, ast.arg) and isinstance(part.annotation, ast.Constant):
            found |= _in_text(part.annotation.value)
        elif isinstance(part, _FUNCTIONS) and isinstance(part.returns, ast.Constant):
            found |= _in_text(part.returns.value)
    return found


def _looked_up(code: types.CodeType) -> set[str]:
    """Names that the instructions of ``code`` look up in the module; ``dis`` would take ten times as long."""
    found, extended = set(), 0
    data = code.co_code
    for position in range(0, len(data), 2):
        operation, argument = data[position], data[position + 1] | extended
        extended = argument << 8 if operation == dis.EXTENDED_ARG else 0
        if operation in _GLOBAL:
            # The lowest bit of this one says something else (dis, LOAD_GLOBAL).
            found.add(code.co_names[argument >> 1 if operation == _LOAD_GLOBAL else argument])
    return found


def _in_text(value: object) -> set[str]:
    """Names in an annotation that is written as a string."""
    return set(re.findall(r"[^\W\d]\w*", value)) if isinstance(value, str) else set()


def slice_module(source: str, function: str, also: Iterable[str] = ()) -> str:
    """``source`` with all that ``function`` does not need blanked out; every line keeps its number.

    Args:
        source: the text of a module. function: dotted name. also: further names to keep (inputs may use them).

    Raises:
        SyntaxError: it is no Python. ValueError: it contains a null character.
    """
    text = normal_newlines(source)
    tree = ast.parse(text)
    kept = set(map(id, reach(tree, function, also).statements))
    lines = [line.encode("utf-8", "surrogatepass") for line in text.split("\n")]
    for node in reversed(tree.body):
        if id(node) not in kept:
            _blank(lines, node)
    return b"\n".join(lines).decode("utf-8", "surrogatepass")


def _blank(lines: list[bytes], node: ast.stmt) -> None:
    """Put nothing in the place of a statement, or ``()`` where others share its lines."""
    first, start = node.lineno - 1, node.col_offset
    if isinstance(node, _DEFINITIONS) and node.decorator_list:
        first, start = node.decorator_list[0].lineno - 1, 0
    last, end = (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0
    head, tail = lines[first][:start], lines[last][end:]
    rest = tail.strip()
    alone = not head.strip() and (not rest or rest.startswith(b"#"))
    lines[first : last + 1] = [b""] * (last - first + 1)
    if not alone:
        # An empty tuple may span lines, so what follows on the last one stays there.
        lines[first] = head + b"("
        lines[last] += b")" + tail
