"""Work over a whole container that gives the same in every round of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sizes import iterates, nonempty, rereadable
from burnish_analysis.perf.facts.tables import IMMUTABLE
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.rules.hoisting import Hoist, plan, read_only
from burnish_analysis.perf.rules.hoisting_edits import base_name, kept_local, moved, plausible, searched
from burnish_analysis.perf.walking import walk

__all__ = ["InvariantAggregate"]

_NAMES = ("min", "max", "sorted", "sum", "tuple", "list", "set", "frozenset", "dict")
_MUTABLE = ("sorted", "list", "set", "dict")
_EMPTY = {"int": "0", "float": "0.0", "str": '""', "bytes": 'b""', "bool": "False"}
_VIEWS = ("dict_keys", "dict_values", "dict_items")
_KEYWORDS = {
    "sorted": {"reverse", "key"},
    "min": {"default", "key"},
    "max": {"default", "key"},
    "sum": {"start"},
}


class InvariantAggregate(Rule):
    """``max(xs)`` and the like of a container that does not change, in a loop."""

    id = "invariant-aggregate"
    about = About(
        summary="The maximum, sum, sorted copy … of an unchanged container is worked out in every round of a loop",
        before="""\
def scaled(values: list[float]) -> list[float]:
    result = []
    for value in values:
        result.append(value / max(values))
    return result
""",
        after="""\
def scaled(values: list[float]) -> list[float]:
    result = []
    max_values = max(values, default=0.0)
    for value in values:
        result.append(value / max_values)
    return result
""",
        why="Each of these functions reads the whole container; the same answer once a round makes a linear loop quadratic.",
        preconditions=(
            "neither the container nor what it holds changes while the loop runs",
            "it is a container, not an iterator that is used up",
            "evaluating it once before the loop cannot raise where the loop would not have",
        ),
        references=("https://docs.python.org/3/library/functions.html",),
    )
    nodes = (ast.Call,)
    calls = ("min", "max", "sorted", "sum", "tuple", "list", "set", "frozenset", "dict")
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of the aggregating built-in functions with one container."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in _NAMES
            or len(node.args) != 1
        ):
            return
        name = node.func.id
        if not {keyword.arg for keyword in node.keywords} <= _KEYWORDS.get(name, set()) or not module.loops(
            node
        ):
            return
        if not module.calls(node, f"builtins.{name}") or _inner(node, module) or searched(node, module):
            return
        if not plausible(node, module):
            return
        evidence = Evidence()
        if not _sources_fit(node.args[0], module, evidence):
            return
        hoist = plan(
            node,
            module,
            evidence,
            lambda loop: _total(node, loop, module),
            lambda spot: _shareable(spot, name, module),
        )
        if hoist is None or evidence.violated or _doubtful(node, hoist, module):
            return
        text = _with_default(node, hoist.loop, module)
        fresh = module.fresh_name(node, f"{name}_{base_name(node.args[0])}")
        shown = " ".join(module.text(node).split())
        yield module.finding(
            self,
            node,
            f"`{shown}` reads everything again in every round of the loop, and gives the same each time.",
            evidence,
            title=f"Work out `{shown}` once, before the loop",
            edits=moved(hoist, text, fresh, module),
        )


def _doubtful(node: ast.Call, hoist: Hoist, module: Module) -> bool:
    """Whether the value most likely changes: copies for a loop to run over, and tests of loops, are made because something changes."""
    if hoist.steady is Known.YES:
        return False
    copied = isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple", "dict", "set", "frozenset")
    tested = isinstance(hoist.loop, ast.While) and any(part is node for part in walk(hoist.loop.test))
    return tested or (copied and isinstance(module.parent(node), (ast.For, ast.comprehension, ast.Call)))


def _inner(node: ast.Call, module: Module) -> bool:
    """Whether it is the argument of another such call, which is looked at instead."""
    parent = module.parent(node)
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id in _NAMES
        and len(parent.args) == 1
        and parent.args[0] is node
    )


def _sources(node: ast.expr) -> list[ast.expr]:
    """The containers that are read."""
    if isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
        inner = {
            name.id for part in node.generators for name in walk(part.target) if isinstance(name, ast.Name)
        }
        return [
            part.iter
            for part in node.generators
            if not (isinstance(part.iter, ast.Name) and part.iter.id in inner)
        ]
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in (*_NAMES, "map", "enumerate", "zip", "reversed")
    ):
        found = [source for part in node.args for source in _sources(part)]
        return found[1:] if node.func.id == "map" else found
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("values", "keys", "items")
        and not node.args
    ):
        return [node.func.value]
    return [node]


def _sources_fit(node: ast.expr, module: Module, evidence: Evidence) -> bool:
    for source in _sources(node):
        if isinstance(source, (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict)):
            return False
        if module.calls(source, "builtins.range") or module.types.name(source) in ("int", "float", "bool"):
            return False
        if not evidence.require(
            rereadable(source, module), f"`{module.text(source)}` is a container, not an iterator"
        ):
            return False
    return True


def _total(node: ast.Call, loop: Loop, module: Module) -> Known:
    """Whether the call cannot raise before the loop."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    held = _held(node.args[0], module)
    if any(keyword.arg not in ("reverse",) for keyword in node.keywords):
        return Known.UNKNOWN
    if any(module.effects.total(keyword.value) is not Known.YES for keyword in node.keywords):
        return Known.UNKNOWN
    if name in ("tuple", "list", "set", "frozenset", "dict") and isinstance(node.args[0], ast.Name):
        kind = module.types.of(node.args[0])
        if name in ("set", "frozenset"):
            return Known.of(held in IMMUTABLE and held != "tuple")
        return Known.of(kind is not None and (name != "dict" or kind.name == "dict"))
    if name == "sum":
        return Known.of(held in ("int", "float", "bool"))
    if held not in _EMPTY:
        return Known.UNKNOWN
    if name == "sorted" or _with_default(node, loop, module) != module.text(node):
        return Known.YES
    sources = _sources(node.args[0])
    return (
        nonempty(sources[0], module.statement(loop), module)
        if len(sources) == 1 and not _filters(node.args[0])
        else Known.UNKNOWN
    )


def _filters(node: ast.expr) -> bool:
    return any(part.ifs for part in getattr(node, "generators", ()))


def _held(node: ast.expr, module: Module) -> str:
    """The type of what is aggregated, where working it out cannot raise; else the empty text."""
    kind = module.types.of(node)
    element = kind.element if kind is not None else None
    if element is None or kind is None:
        return ""
    if isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
        parts = [node.elt, *(test for part in node.generators for test in part.ifs)]
        safe = all(
            isinstance(part.iter, ast.Name) and isinstance(part.target, ast.Name) for part in node.generators
        )
        held = all(
            (of := module.types.of(part.iter)) is not None
            and of.element is not None
            and of.element.name in IMMUTABLE
            for part in node.generators
        )
        total = all(module.effects.total(part) is Known.YES for part in parts)
        return element.name if safe and held and total else ""
    view = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (kind.name in _VIEWS or module.effects.total(node) is Known.YES)
    )
    return element.name if isinstance(node, ast.Name) or view else ""


def _with_default(node: ast.Call, loop: Loop, module: Module) -> str:
    """The call for before the loop: with a default where the container may be empty, but then no round asks for the value."""
    text = module.text(node)
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    held = _held(node.args[0], module)
    sources = _sources(node.args[0])
    if (
        name not in ("min", "max")
        or node.keywords
        or held not in _EMPTY
        or len(sources) != 1
        or _filters(node.args[0])
    ):
        return text
    if nonempty(sources[0], module.statement(loop), module) is Known.YES:
        return text
    around = module.loops(node)
    if not any(iterates(one, sources[0], module) for one in around[: around.index(loop) + 1]):
        return text
    return f"{name}({module.text(node.args[0])}, default={_EMPTY[held]})"


def _shareable(spot: ast.expr, name: str, module: Module) -> bool:
    """Whether every round may have the same object there."""
    return name not in _MUTABLE or read_only(spot, module) or kept_local(spot, module)
