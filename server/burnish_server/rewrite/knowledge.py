"""What is known of a function and worth telling a model: how it is called, its class, what rules and metrics say."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.drivers import drivers
from burnish_server.rewrite.target import Target

__all__ = ["known_of"]

_MOST_CALLS, _MOST_DRIVERS, _MOST_HINTS = 3, 3, 5
_LONGEST = 160
_DISPLAYS: dict[type[ast.expr], str] = {
    ast.List: "list", ast.ListComp: "list", ast.Dict: "dict", ast.DictComp: "dict", ast.Set: "set", ast.SetComp: "set",
    ast.Tuple: "tuple", ast.JoinedStr: "str", ast.GeneratorExp: "generator", ast.Lambda: "function", ast.Compare: "bool",
}  # fmt: skip


def known_of(target: Target, hints: Iterable[str] = ()) -> list[str]:
    """Sentences, the most telling first.

    Args:
        target: the function. hints: what performance rules say of it.
    """
    found = [_short(hint) for hint in list(dict.fromkeys(hints))[:_MOST_HINTS]]
    try:
        told = drivers(target.text.plain, target.name)
        found += [
            f"Line {one.line - target.first + 1}: {one.what} (complexity +{one.points})."
            for one in told[:_MOST_DRIVERS]
        ]
    except SourceError:
        pass  # Without a place in the metrics there is nothing to tell.
    found += [f"It is called with ({call})." for call in _calls(target)]
    return found + [f"In its class: {line}" for line in _fields(target)]


def _calls(target: Target) -> list[str]:
    """The types of arguments at calls within the module, as far as their text tells."""
    method = "." in target.name
    found: dict[str, None] = {}
    for node in ast.walk(target.tree):
        if isinstance(node, ast.Call) and _names(node.func, target.own, method=method):
            kinds = [_kind(one) for one in node.args]
            kinds += [f"{one.arg}={_kind(one.value)}" for one in node.keywords if one.arg]
            if any(not kind.endswith("?") for kind in kinds):
                found[", ".join(kinds)] = None
    return list(found)[:_MOST_CALLS]


def _names(called: ast.expr, own: str, *, method: bool) -> bool:
    if method:
        return isinstance(called, ast.Attribute) and called.attr == own
    return isinstance(called, ast.Name) and called.id == own


def _kind(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return type(value.value).__name__
    if isinstance(value, ast.UnaryOp):
        return _kind(value.operand)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        name = value.func.id
        return (
            name
            if name in {"list", "dict", "set", "tuple", "str", "int", "float", "range", "sorted"}
            else "?"
        )
    return _DISPLAYS.get(type(value), "?")


def _fields(target: Target) -> Iterator[str]:
    """The annotated fields of a method's class."""
    names = target.name.split(".")[:-1]
    node: ast.stmt = target.top
    for name in names[1:]:
        inner = [
            one for one in getattr(node, "body", []) if isinstance(one, ast.ClassDef) and one.name == name
        ]
        if not inner:
            return
        node = inner[-1]
    if isinstance(node, ast.ClassDef):
        for one in ast.walk(node):
            of_instance = isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Attribute)
            if isinstance(one, ast.AnnAssign) and (of_instance or one in node.body):
                yield _short(f"{ast.unparse(one.target)}: {ast.unparse(one.annotation)}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
