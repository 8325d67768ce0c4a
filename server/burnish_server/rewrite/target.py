"""The function to rewrite: where it stands, and what of it stays as it is."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.verify.inside.uses import find_definition
from burnish_server.rewrite.texts import Text

__all__ = ["Function", "Target", "body_of", "functions_of", "parsed", "target_at", "target_named"]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Target:
    """A function in a document.

    Attributes:
        text: the document. tree: of it.
        name: dotted (``f``, ``Class.method``). node: its definition. top: the statement of the module around it.
        first: its first line, decorators included. header_end: the last line of its header. Both count from 1.
    """

    text: Text
    tree: ast.Module
    name: str
    node: Function
    top: ast.stmt
    first: int
    header_end: int

    @property
    def own(self) -> str:
        """The name without the classes around it."""
        return self.node.name

    @property
    def source(self) -> str:
        """The whole function with its decorators, lines end in LF."""
        return "\n".join(self.text.lines[self.first - 1 : self.node.end_lineno])

    @property
    def indent(self) -> str:
        """White space before ``def``."""
        line = self.text.lines[self.node.lineno - 1]
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    @property
    def body_indent(self) -> str:
        """White space before its statements."""
        for statement in self.node.body:
            if statement.lineno > self.header_end:
                line = self.text.lines[statement.lineno - 1]
                return line[: len(line) - len(line.lstrip(" \t\f"))]
        return self.indent + ("\t" if self.indent.startswith("\t") else "    ")

    @property
    def docstring(self) -> ast.Expr | None:
        """Its docstring's statement."""
        return _docstring(self.node)


def parsed(plain: str) -> ast.Module | None:
    """The tree of a text; None where it is no Python."""
    try:
        return ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def target_at(text: str, line: int) -> Target | None:
    """The innermost function at a line (from 0) that can be called by a name; None where there is none.

    Functions inside functions belong to the one around them: nobody can call them from outside.
    """
    whole = Text(text)
    tree = parsed(whole.plain)
    if tree is None:
        return None
    for name, node, top in functions_of(tree):
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        if first <= line + 1 <= (node.end_lineno or node.lineno):
            return _target(whole, tree, name, node, top)
    return None


def target_named(text: str, name: str) -> Target | None:
    """The function of a dotted name; None where there is none."""
    whole = Text(text)
    tree = parsed(whole.plain)
    if tree is None:
        return None
    found = [one for one in functions_of(tree) if one[0] == name]
    return _target(whole, tree, *found[0]) if found else None


def _target(whole: Text, tree: ast.Module, name: str, node: Function, top: ast.stmt) -> Target | None:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    end = _header_end(whole, node)
    return None if end is None else Target(whole, tree, name, node, top, first, end)


def functions_of(tree: ast.Module) -> Iterator[tuple[str, Function, ast.stmt]]:
    """Every function that a dotted name leads to, with that name and the statement of the module around it."""
    for top in tree.body:
        for name, node in _functions(top, ""):
            if find_definition(tree, name) is node:
                yield name, node, top


def _functions(statement: ast.stmt, within: str) -> Iterator[tuple[str, Function]]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield within + statement.name, statement
    elif isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            yield from _functions(inner, f"{within}{statement.name}.")
    elif isinstance(statement, (ast.If, ast.Try, ast.With)):
        for node in ast.iter_child_nodes(statement):
            if isinstance(node, ast.stmt):
                yield from _functions(node, within)


def _docstring(node: Function) -> ast.Expr | None:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first if isinstance(first.value.value, str) else None
    return None


def body_of(node: Function) -> list[ast.stmt]:
    """Its statements without the docstring."""
    return node.body[1:] if _docstring(node) is not None else node.body


def _header_end(whole: Text, node: Function) -> int | None:
    """The line of the colon that ends the header; None where it cannot be told."""
    lines = whole.lines[node.lineno - 1 : node.end_lineno]
    depth = lambdas = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            if token.type == tokenize.NAME and token.string == "lambda" and not depth:
                lambdas += 1
            elif token.type == tokenize.OP and token.string in "([{":
                depth += 1
            elif token.type == tokenize.OP and token.string in ")]}":
                depth -= 1
            elif token.type == tokenize.OP and token.string == ":" and not depth:
                if not lambdas:
                    return node.lineno + token.start[0] - 1
                lambdas -= 1
    except (tokenize.TokenError, IndentationError):
        return None
    return None
