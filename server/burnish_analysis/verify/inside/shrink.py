"""Make the expression of a call simpler while something stays true of it."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

__all__ = ["shrink"]

T = TypeVar("T", str, bytes)


def shrink(text: str, holds: Callable[[str], bool], until: float) -> str:
    """The simplest expression found by single steps for which ``holds``; at ``until`` (monotonic) what is there.

    The number of positional arguments is kept. Every step makes the expression smaller, so this ends.
    """
    try:
        best = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return text
    improved = True
    tried: set[str] = set()
    while improved and time.monotonic() < until:
        improved = False
        for candidate in _call(best):
            if time.monotonic() >= until:
                break
            shown = ast.unparse(ast.fix_missing_locations(ast.Expression(candidate)))
            if shown in tried:
                continue
            tried.add(shown)
            if holds(shown):
                best, improved, text = candidate, True, shown
                break
    return text


def _call(node: ast.expr) -> Iterator[ast.expr]:
    args = node.elts[0] if isinstance(node, ast.Tuple) and len(node.elts) == 2 else None
    if not (isinstance(node, ast.Tuple) and isinstance(args, ast.Tuple)):
        yield from _simpler(node)
        return
    kwargs = node.elts[1]
    for changed in _each(args.elts):
        yield _pair(ast.Tuple(changed, ast.Load()), kwargs)
    if isinstance(kwargs, ast.Dict):
        for index in range(len(kwargs.keys)):
            yield _pair(args, _without(kwargs, index))
        for changed in _each(kwargs.values):
            yield _pair(args, ast.Dict(kwargs.keys, changed))
    # Not the keys of ``kwargs``: they are names.
    if isinstance(kwargs, ast.Dict) and not kwargs.keys:
        for changed_args in _everywhere(args):
            yield _pair(changed_args, kwargs)


def _everywhere(node: ast.expr) -> Iterator[ast.expr]:
    """A constant that comes several times made simpler in all places at once."""
    found: dict[tuple[str, object], int] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant):
            key = type(inner.value).__name__, inner.value
            found[key] = found.get(key, 0) + 1
    for (name, value), count in found.items():
        for simpler in _values(value) if count > 1 else ():
            changed = _Replaced(name, value, simpler).visit(copy.deepcopy(node))
            if isinstance(changed, ast.expr):
                yield changed


class _Replaced(ast.NodeTransformer):
    def __init__(self, name: str, old: object, new: object) -> None:
        self.name, self.old, self.new = name, old, new

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Put the new value where the old one is."""
        same = type(node.value).__name__ == self.name and node.value == self.old
        return ast.Constant(self.new) if same else node  # type: ignore[arg-type]


def _pair(args: ast.expr, kwargs: ast.expr) -> ast.expr:
    return ast.Tuple([args, kwargs], ast.Load())


def _without(node: ast.Dict, index: int) -> ast.expr:
    return ast.Dict(
        node.keys[:index] + node.keys[index + 1 :], node.values[:index] + node.values[index + 1 :]
    )


def _each(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for index, item in enumerate(items):
        for simpler in _simpler(item):
            yield [*items[:index], simpler, *items[index + 1 :]]


def _fewer(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    size = len(items)
    if size > 2:
        yield items[: size // 2]
        yield items[size // 2 :]
    for index in range(size):
        yield items[:index] + items[index + 1 :]


def _simpler(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _values(node.value))  # type: ignore[arg-type]
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
        for inner in _simpler(node.operand):
            yield ast.UnaryOp(node.op, inner)
    elif isinstance(node, ast.BinOp):
        yield node.left
        yield ast.Constant(1)
    elif isinstance(node, (ast.List, ast.Set)):
        make = type(node)
        for items in (*_fewer(node.elts), *_each(node.elts)):
            if items or make is ast.List:
                yield ast.List(items, ast.Load()) if make is ast.List else ast.Set(items)
    elif isinstance(node, ast.Tuple):
        for items in (*_fewer(node.elts), *_each(node.elts)):
            yield ast.Tuple(items, ast.Load())
    elif isinstance(node, ast.Dict):
        for index in range(len(node.keys)):
            yield _without(node, index)
        for values in _each(node.values):
            yield ast.Dict(node.keys, values)
        for keys in _each([key for key in node.keys if key is not None]):
            yield ast.Dict(list(keys), node.values)
    elif isinstance(node, ast.NamedExpr):
        yield node.value
        for inner in _simpler(node.value):
            yield ast.NamedExpr(node.target, inner)
    elif isinstance(node, ast.Call):
        yield from _simpler_call(node)
    elif isinstance(node, ast.Name) and node.id == "_b_inf":
        yield ast.Constant(1.0)


def _simpler_call(node: ast.Call) -> Iterator[ast.expr]:
    if isinstance(node.func, ast.Name) and node.func.id in _TRANSPARENT and node.args:
        yield node.args[0]
    if isinstance(node.func, ast.Name) and node.func.id == "_b_do":
        for index in range(1, len(node.args)):
            yield ast.Call(node.func, node.args[:index] + node.args[index + 1 :], [])
        if len(node.args) == 1:
            yield node.args[0]
    for items in _each(node.args):
        yield ast.Call(node.func, items, node.keywords)
    for index, keyword in enumerate(node.keywords):
        for inner in _simpler(keyword.value):
            changed = [*node.keywords[:index], ast.keyword(keyword.arg, inner), *node.keywords[index + 1 :]]
            yield ast.Call(node.func, node.args, changed)


_TRANSPARENT = {"_b_gen", "_b_List", "_b_Tuple", "_b_Dict", "_b_Str", "_b_Int", "iter", "_b_Eq", "frozenset"}


def _values(value: object) -> Iterator[object]:
    if value is None or value is Ellipsis or value is False:
        return
    if value is True:
        yield False
    elif isinstance(value, int):
        if value:
            yield from dict.fromkeys((0, 1, value // 2, value - 1)) if value > 1 else (0,)
    elif isinstance(value, float):
        if value:
            yield 0.0
            if value != 1.0:
                yield 1.0
                if value != int(value) and abs(value) < 1e15:
                    yield float(int(value))
    elif isinstance(value, str):  # noqa: SIM114 - one type at a time
        yield from _shorter(value)
    elif isinstance(value, bytes):
        yield from _shorter(value)


def _shorter(value: T) -> Iterator[T]:
    size = len(value)
    if size:
        yield value[:0]
    if size > 3:
        yield value[: size // 2]
        yield value[size // 2 :]
    for index in range(size):
        yield value[:index] + value[index + 1 :]
    simple = "a" if isinstance(value, str) else b"a"
    for index in range(size):
        if value[index : index + 1] > simple:
            yield value[:index] + simple + value[index + 1 :]
