"""Calls of a function that its own module shows: doctests and call sites with arguments of their own."""

from __future__ import annotations

import ast

__all__ = ["doctest_calls", "site_calls"]

_MOST = 40


def doctest_calls(tree: ast.Module, function: str) -> list[str]:
    """The calls of ``function`` in the examples of the module's docstrings, as expressions of inputs."""
    found: list[str] = []
    documents = [
        text
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and ">>>" in (text := ast.get_docstring(node) or "")
    ]
    if not documents:
        return []
    # It brings the debugger and unittest along, so it is loaded only where it is needed.
    import doctest

    parser = doctest.DocTestParser()
    for text in documents:
        try:
            examples = parser.get_examples(text)
        except ValueError:
            continue
        for example in examples:
            try:
                found += _calls(ast.parse(example.source), function)
            except SyntaxError:
                continue
    return list(dict.fromkeys(found))[:_MOST]


def site_calls(tree: ast.Module, function: str) -> list[str]:
    """Calls of ``function`` in the module's code whose arguments are written out."""
    return list(dict.fromkeys(_calls(tree, function)))[:_MOST]


def _calls(tree: ast.AST, function: str) -> list[str]:
    found = []
    outer, _, name = function.rpartition(".")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        args: list[ast.expr] = list(node.args)
        if outer:
            if not (isinstance(node.func, ast.Attribute) and node.func.attr == name):
                continue
            base = node.func.value
            if isinstance(base, ast.Call):
                args.insert(0, base)
            elif not (isinstance(base, ast.Name) and base.id == outer.rpartition(".")[2]):
                continue  # What the instance is, is not written here.
        elif not (isinstance(node.func, ast.Name) and node.func.id == name):
            continue
        if all(_written_out(a) for a in (*args, *(k.value for k in node.keywords))):
            found.append(_text(args, node.keywords))
    return found


def _written_out(node: ast.expr) -> bool:
    """Whether the expression needs no local name: literals, and calls of names that begin with a capital letter."""
    for inner in ast.walk(node):
        if isinstance(
            inner, (ast.Lambda, ast.Await, ast.Yield, ast.NamedExpr, ast.comprehension, ast.Starred)
        ):
            return False
        if isinstance(inner, ast.Name) and not (inner.id[:1].isupper() or inner.id in _BUILT):
            return False
    return True


_BUILT = {
    "set",
    "frozenset",
    "list",
    "tuple",
    "dict",
    "float",
    "int",
    "str",
    "range",
    "iter",
    "bytes",
    "complex",
    "len",
}


def _text(args: list[ast.expr], keywords: list[ast.keyword]) -> str:
    shown = [ast.unparse(a) for a in args]
    named = [f"{k.arg!r}: {ast.unparse(k.value)}" for k in keywords if k.arg]
    return f"(({', '.join(shown)}{',' if len(shown) == 1 else ''}), {{{', '.join(named)}}})"
