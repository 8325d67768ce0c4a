"""Cheap looks at a proposal before anything is run: what no better version of a pure function needs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish_analysis.names import unknown_names
from burnish_analysis.syntax import SyntaxTree
from burnish_analysis.verify.screen import screen
from burnish_server.rewrite.model import RefusedError
from burnish_server.rewrite.parsing import Proposal
from burnish_server.rewrite.target import Function, Target, target_named

__all__ = ["screened", "unverifiable"]

#: A version may be so many times as long as the original, and so many lines more.
_TIMES, _LINES_MORE = 4, 40
#: Built-in functions that reach outside of the function, run text as code, or look at names.
_REACHING = frozenset({
    "eval", "exec", "compile", "open", "input", "print", "__import__", "globals", "locals", "vars",
    "setattr", "delattr", "breakpoint", "exit", "quit", "memoryview", "help", "__builtins__", "__loader__",
    "__spec__", "id",
})  # fmt: skip
#: Modules of the standard library that a faster or simpler version of a function may want: they only calculate.
_CALCULATING = frozenset({
    "abc", "array", "ast", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal",
    "difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "html", "itertools",
    "json", "keyword", "math", "numbers", "operator", "re", "statistics", "string", "struct", "textwrap",
    "types", "typing", "unicodedata", "zlib", "base64", "binascii", "calendar", "colorsys", "ipaddress",
    "contextlib",
})  # fmt: skip
#: What of those keeps results from call to call, or is handed something to call later.
_KEEPING = frozenset({"cache", "lru_cache", "cached_property", "singledispatch", "update_wrapper"})


def screened(proposal: Proposal, target: Target, after: str, path: Sequence[Path] = ()) -> None:
    """Refuse what needs no running to be dropped.

    Args:
        proposal: read from the answer. target: what it is to replace.
        after: the document with it. path: folders that the module imports from.

    Raises:
        RefusedError: with the first thing found.
    """
    _size(proposal, target)
    known = _Uses(target.node)
    modules = _modules(target.tree)
    for function in proposal.functions:
        _look(function, known, modules | _modules_of(proposal))
    for helper in proposal.helpers:
        _stateless(helper)
    _names(proposal, target, after)
    reason = screen(target.text.text, after, target.name, path=path)
    if reason:
        raise RefusedError("cannot be verified", reason)


def unverifiable(target: Target, path: Sequence[Path] = ()) -> str:
    """Why no version of a function can be compared with it by running both; empty where nothing speaks against it."""
    text = target.text.text
    return screen(text, text, target.name, path=path) or ""


def _size(proposal: Proposal, target: Target) -> None:
    own = len(target.source.splitlines())
    lines = sum((one.end_lineno or one.lineno) - one.lineno + 1 for one in proposal.functions)
    if lines > _TIMES * own + _LINES_MORE:
        raise RefusedError("too long", f"{lines} lines in place of {own}")


class _Uses:
    """What the original uses already, which a new version may use as well."""

    def __init__(self, function: Function) -> None:
        nodes = list(ast.walk(function))
        self.names = {node.id for node in nodes if isinstance(node, ast.Name)}
        self.attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        self.modules = {name for node in nodes for name in _imported(node)}
        self.shared = {
            name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names
        }


def _look(function: Function, known: _Uses, modules: dict[str, str]) -> None:
    own = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            _name(node.id, known, modules, own)
        elif isinstance(node, ast.Attribute):
            _attribute(node, known, modules, own)
        elif isinstance(node, ast.Global) and not known.shared >= set(node.names):
            raise RefusedError("keeps state", f"global {', '.join(node.names)}")
        for name in _imported(node):
            _module(name, known)


def _name(name: str, known: _Uses, modules: dict[str, str], own: set[str]) -> None:
    if name in known.names or name in own:
        return
    if name in _REACHING:
        raise RefusedError("reaches outside", name)
    origin = modules.get(name)
    if origin is not None:
        _module(origin.partition(".")[0], known)
        if origin.rpartition(".")[2] in _KEEPING:
            raise RefusedError("keeps state", origin)


def _attribute(node: ast.Attribute, known: _Uses, modules: dict[str, str], own: set[str]) -> None:
    name = node.attr
    if name.startswith("__") and name.endswith("__") and name not in known.attributes:
        raise RefusedError("reaches outside", f".{name}")
    base = node.value
    while isinstance(base, (ast.Attribute, ast.Subscript)):
        base = base.value
    outside = isinstance(base, ast.Name) and base.id not in own
    if outside and not isinstance(node.ctx, ast.Load):
        raise RefusedError("keeps state", f"{ast.unparse(node)} is changed")
    if isinstance(node.value, ast.Name) and outside and node.value.id in modules and name in _KEEPING:
        raise RefusedError("keeps state", ast.unparse(node))


def _module(name: str, known: _Uses) -> None:
    standard = name in sys.stdlib_module_names
    if standard and name not in _CALCULATING and name not in known.modules:
        raise RefusedError("reaches outside", f"the module {name}")


def _stateless(helper: Function) -> None:
    """Helpers without defaults that outlive a call."""
    defaults = [*helper.args.defaults, *(one for one in helper.args.kw_defaults if one is not None)]
    for one in defaults:
        if not isinstance(one, (ast.Constant, ast.Name, ast.UnaryOp)):
            raise RefusedError("keeps state", f"the default {ast.unparse(one)} of {helper.name}")


def _modules(tree: ast.Module) -> dict[str, str]:
    """What names of a module's imports stand for."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _modules_of(proposal: Proposal) -> dict[str, str]:
    return _modules(ast.Module(list(proposal.imports), []))


def _imported(node: ast.AST) -> Iterator[str]:
    """Top-level names of the modules that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield (node.module or "").partition(".")[0]


def _names(proposal: Proposal, target: Target, after: str) -> None:
    """Refuse names that nothing binds, unless the original had them, too."""
    tree = SyntaxTree(after)
    before = set(unknown_names(SyntaxTree(target.text.text), *_span(target)))
    for name in [target.name, *(helper.name for helper in proposal.helpers)]:
        now = target_named(after, name)
        if now is None:
            raise RefusedError("cannot be placed")
        unknown = [one for one in unknown_names(tree, *_span(now)) if one not in before]
        if unknown:
            raise RefusedError("unknown name", unknown[0])


def _span(target: Target) -> tuple[int, int]:
    return target.text.line_start(target.first), target.text.line_end(target.node.end_lineno or target.first)
