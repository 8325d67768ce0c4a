"""Whether two versions of a function do the same things in the same order on every path, without running them.

Conditions, calls, bindings, stores, handlers and returns are read from both as automata, functions that are new in the second version
looked into where they are called. Equal automata mean the same steps wherever each step does the same as before; unequal ones do not
mean that anything differs, only that this cannot show it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.errors import SourceError
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.machine import Difference, Event, compare
from burnish_analysis.refactor.tracing import Tracer
from burnish_analysis.refactor.tracing_frames import Function

__all__ = ["Structure", "same_structure"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Structure:
    """What a look at two versions shows.

    Attributes:
        same: whether they do the same things in the same order on every path. reason: where they part, as a sentence; empty
            where they are the same.
    """

    same: bool
    reason: str = ""


def same_structure(before: str, after: str, function: str) -> Structure:
    """Compare two versions of the function with a dotted name (``f``, ``Class.method``, ``f.inner``).

    Raises:
        SourceError: a text is not Python, or has no such function.
    """
    first, second = Module(before), Module(after)
    old, new = dict(_named(first.tree, "")), dict(_named(second.tree, ""))
    one, other = old.get(function), new.get(function)
    if one is None or other is None:
        raise SourceError(
            f"There is no function {function} in {'the first' if one is None else 'the second'} version."
        )
    head = _heads(one, other)
    if head:
        return Structure(False, head)
    owner = function.rpartition(".")[0]
    try:
        found = compare(
            Tracer(first, _helpers(new, old, owner)).trace(one),
            Tracer(second, _helpers(old, new, owner)).trace(other),
        )
    except RecursionError:
        return Structure(False, "The function is nested too deeply to be compared.")
    return Structure(True) if found is None else Structure(False, _sentence(found))


def _named(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
            if isinstance(child, _FUNCTIONS):
                yield prefix + child.name, child
            yield from _named(child, f"{prefix}{child.name}.")
        elif not isinstance(child, ast.expr):
            yield from _named(child, prefix)


def _helpers(old: dict[str, Function], new: dict[str, Function], owner: str) -> dict[str, Function]:
    """The functions that only ``new`` has, as the function could call them: of the module, and methods of its class."""
    found = {}
    for name, node in new.items():
        if name in old or node.decorator_list or _plain(node) is False:
            continue
        if "." not in name:
            found[name] = node
        elif name.rpartition(".")[0] == owner:
            found[f".{node.name}"] = node
    return found


def _plain(node: Function) -> bool:
    """Whether a function's steps happen where it is called."""
    yields = any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node))
    arguments = node.args
    return not (yields or arguments.vararg or arguments.kwarg or arguments.defaults or arguments.kw_defaults)


def _heads(one: Function, other: Function) -> str:
    if type(one) is not type(other):
        return "One version is asynchronous, the other is not."
    if ast.dump(one.args) != ast.dump(other.args):
        return "The parameters differ."
    if [ast.dump(d) for d in one.decorator_list] != [ast.dump(d) for d in other.decorator_list]:
        return "The decorators differ."
    generators = [
        any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(each)) for each in (one, other)
    ]
    if generators[0] != generators[1]:
        return "One version is a generator, the other is not."
    declared = [
        sorted(x for n in ast.walk(e) if isinstance(n, (ast.Global, ast.Nonlocal)) for x in n.names)
        for e in (one, other)
    ]
    return "The global or nonlocal names differ." if declared[0] != declared[1] else ""


def _sentence(found: Difference) -> str:
    if found.vast:
        return "The function has too many paths to be compared."
    way = f"After it {_read(found.path[-1])}" if found.path else "At its beginning"
    before, after = _reads(found.before), _reads(found.after)
    if before == after:
        return f"{way}, both versions have `{found.before[0].words}`, but of different variables or values."
    if before and after:
        return f"{way}, the first version {before}, and the second {after}."
    return f"{way}, only the {'first' if before else 'second'} version {before or after}."


def _reads(events: tuple[Event, ...]) -> str:
    return " or ".join(dict.fromkeys(_read(event) for event in sorted(events, key=lambda e: e.text)[:2]))


def _read(event: Event) -> str:
    words = " ".join((event.words or event.text).split())
    verb = {"returns": "returns", "return": "returns"}.get(event.kind, event.kind)
    return f"{verb} `{words if len(words) <= 60 else words[:57] + '…'}`" if words else verb
