"""Edits of lists in brackets: parameters of a definition, arguments of a call."""

from __future__ import annotations

import ast
import re

from burnish_analysis.errors import RefactoringError
from burnish_analysis.perf.model import Edit
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.crossing.places import name_start
from burnish_analysis.refactor.dataflow import Function

__all__ = ["add_argument", "add_parameter", "item_spans", "parameter_spans", "remove_item", "swap_items"]

_SPACE = re.compile(r"[ \t\r\n\f]*")


def parameter_spans(module: Module, function: Function) -> dict[str, tuple[int, int]]:
    """By parameter, the span of its text with annotation and default."""
    found: dict[str, tuple[int, int]] = {}
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    for parameter, default in [
        *zip(plain, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]:
        found[parameter.arg] = (
            module.start(parameter),
            _closed(module, module.end(default or parameter), default),
        )
    return found


def _closed(module: Module, end: int, node: ast.expr | None) -> int:
    """The end of an expression with the parentheses around it that positions leave out."""
    while node is not None:
        following = _SPACE.match(module.source, end)
        at = following.end() if following else end
        if not module.source.startswith(")", at) or _depth(module, node) == 0:
            return end
        end = at + 1
        node = None
    return end


def _depth(module: Module, node: ast.expr) -> int:
    before = module.source[: module.start(node)].rstrip()
    return 1 if before.endswith("(") and "=" in before[-4:] else 0


def item_spans(module: Module, nodes: list[ast.AST]) -> list[tuple[int, int]]:
    """The spans of arguments."""
    return [(module.start(node), module.end(node)) for node in nodes]


def remove_item(module: Module, start: int, end: int) -> Edit:
    """Take an item out of a list in brackets, with the comma that parts it from its neighbour.

    Raises:
        RefactoringError: a comment stands there.
    """
    after = _SPACE.match(module.source, end)
    at = after.end() if after else end
    if module.source.startswith(",", at):
        space = _SPACE.match(module.source, at + 1)
        last = space.end() if space else at + 1
        if module.source[last : last + 1] not in (")", "#"):
            return _whole(module, start, last)
        before = module.source[:start].rstrip()
        if before.endswith("("):
            return _whole(module, start, last if module.source[last : last + 1] == ")" else at + 1)
    before = module.source[:start].rstrip()
    return _whole(module, len(before) - 1 if before.endswith(",") else start, end)


def _whole(module: Module, start: int, end: int) -> Edit:
    if module.comments_in(start, end):
        raise RefactoringError("A comment stands between the parameters or arguments; move it first.")
    return Edit(start, end, "")


def swap_items(module: Module, spans: list[tuple[int, int]], order: list[int]) -> list[Edit]:
    """Put the texts of some items in another order; what stands between them stays."""
    texts = [module.source[start:end] for start, end in spans]
    return [Edit(*spans[place], texts[chosen]) for place, chosen in enumerate(order) if place != chosen]


def add_parameter(module: Module, function: Function, text: str) -> Edit:
    """Add a parameter behind the others (before ``*args``, ``*`` and ``**kwargs`` where there are none after)."""
    arguments = function.args
    if arguments.vararg or arguments.kwonlyargs:
        last: ast.AST = (arguments.kwonlyargs or [arguments.vararg])[-1]  # type: ignore[list-item]
        spans = parameter_spans(module, function)
        end = spans[last.arg][1] if arguments.kwonlyargs else module.end(last)  # type: ignore[attr-defined]
        return Edit(end, end, f", {text}")
    spans = parameter_spans(module, function)
    if spans:
        end = max(end for _, end in spans.values())
        after = module.source[end:].lstrip()
        if arguments.posonlyargs and not arguments.args and after.startswith(","):
            end = module.source.index("/", end) + 1
        return Edit(end, end, f", {text}")
    at = module.source.index("(", name_start(module, function)) + 1
    return Edit(at, at, f"{text}, " if arguments.kwarg else text)


def add_argument(module: Module, call: ast.Call, text: str) -> Edit:
    """Add an argument behind the others of a call."""
    parts = [*call.args, *call.keywords]
    if not parts:
        end = module.end(call) - 1
        return Edit(end, end, text)
    if len(parts) == 1 and isinstance(parts[0], ast.GeneratorExp):
        raise RefactoringError("A call passes a bare generator; put it in parentheses first.")
    end = max(module.end(part) for part in parts)
    # The value may stand in parentheses of its own.
    while (
        (space := _SPACE.match(module.source, end))
        and module.source.startswith(")", space.end())
        and space.end() < module.end(call) - 1
    ):
        end = space.end() + 1
    return Edit(end, end, f", {text}")
