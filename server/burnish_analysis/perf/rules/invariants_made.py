"""Containers that are built anew in every round of a loop, always alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sizes import rereadable
from burnish_analysis.perf.facts.tables import IMMUTABLE
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import plan, read_only
from burnish_analysis.perf.rules.hoisting_edits import base_name, kept_local, moved, plausible, searched
from burnish_analysis.perf.walking import walk

__all__ = ["ConstantContainerInLoop", "InvariantComprehension"]


class ConstantContainerInLoop(Rule):
    """``set([...])`` or a dictionary written out, in a loop."""

    id = "constant-container-in-loop"
    about = About(
        summary="A set or dictionary that is written out is built anew in every round of a loop",
        before="""\
def sizes(words: list[str]) -> list[int]:
    found = []
    for word in words:
        found.append({"s": 1, "m": 2, "l": 3, "xl": 4}.get(word, 0))
    return found
""",
        after="""\
def sizes(words: list[str]) -> list[int]:
    found = []
    table = {"s": 1, "m": 2, "l": 3, "xl": 4}
    for word in words:
        found.append(table.get(word, 0))
    return found
""",
        why="Python builds a dictionary, and what `set()` is called with, every time the expression is reached.",
        preconditions=(
            "what is in it stays the same while the loop runs",
            "it is neither changed nor handed out",
        ),
    )
    nodes = (ast.Call, ast.Dict)
    calls = ("set", "frozenset")
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At dictionary displays, and calls of ``set`` and ``frozenset`` with a display, in a loop."""
        parts = _parts(node, module)
        if (
            parts is None
            or len(parts) < 3
            or not isinstance(node, (ast.Call, ast.Dict))
            or not module.loops(node)
        ):
            return
        keys = [key for key in node.keys if key] if isinstance(node, ast.Dict) else parts
        safe = all(module.effects.total(part) is Known.YES for part in parts)
        hashable = [module.types.hashable(module.types.of(key)) for key in keys]
        if Known.NO in hashable or not any(isinstance(part, ast.Constant) for part in parts):
            return
        evidence = Evidence()
        hoist = plan(
            node,
            module,
            evidence,
            lambda _loop: Known.of(safe and all(one is Known.YES for one in hashable)),
            lambda spot: (
                (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "frozenset"
                )
                or read_only(spot, module)
                or kept_local(spot, module)
            ),
        )
        if hoist is None:
            return
        if isinstance(node, ast.Dict) and not all(
            isinstance(value, (ast.Constant, ast.Name)) for value in node.values
        ):
            evidence.require(Known.UNKNOWN, "what the dictionary holds is not changed")
        name = "table" if isinstance(node, ast.Dict) else "known"
        yield module.finding(
            self,
            node,
            f"This {'dictionary' if name == 'table' else 'set'} is built anew in every round of the loop, always alike.",
            evidence,
            title="Build it once, before the loop",
            edits=moved(hoist, module.text(node), module.fresh_name(node, name), module),
        )


def _parts(node: ast.AST, module: Module) -> list[ast.expr] | None:
    if isinstance(node, ast.Dict):
        parts = [*node.keys, *node.values]
        return [part for part in parts if part is not None] if None not in parts else None
    if (
        not isinstance(node, ast.Call)
        or len(node.args) != 1
        or node.keywords
        or not module.calls(node, "builtins.set", "builtins.frozenset")
    ):
        return None
    made = node.args[0]
    return made.elts if isinstance(made, (ast.List, ast.Tuple, ast.Set)) else None


class InvariantComprehension(Rule):
    """An inner loop over ``[y for y in ys if …]`` that is the same in every round of the outer one."""

    id = "invariant-comprehension-in-loop"
    about = About(
        summary="A comprehension gives the same in every round of a loop",
        before="""\
def pairs(lefts: list[int], rights: list[int]) -> list[tuple[int, int]]:
    found = []
    for left in lefts:
        for right in [value for value in rights if value > 0]:
            found.append((left, right))
    return found
""",
        after="""\
def pairs(lefts: list[int], rights: list[int]) -> list[tuple[int, int]]:
    found = []
    chosen_rights = [value for value in rights if value > 0]
    for left in lefts:
        for right in chosen_rights:
            found.append((left, right))
    return found
""",
        why="The comprehension reads and tests everything again in each round; its result does not depend on the round.",
        preconditions=(
            "what it reads stays the same while the loop runs",
            "evaluating it cannot raise",
            "the result is only read",
        ),
    )
    nodes = (ast.ListComp, ast.SetComp, ast.DictComp)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comprehensions in a loop whose result is only read."""
        if not isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)) or not module.loops(node):
            return
        if (
            any(part.is_async for part in node.generators)
            or not _variable(node.generators[0].iter)
            or not plausible(node, module)
        ):
            return
        evidence = Evidence()
        for part in node.generators:
            if not _inner(part.iter, node) and not evidence.require(
                rereadable(part.iter, module), f"`{module.text(part.iter)}` is a container, not an iterator"
            ):
                return
        hoist = plan(
            node,
            module,
            evidence,
            lambda _loop: Known.of(_cannot_raise(node, module)),
            lambda spot: read_only(spot, module) or kept_local(spot, module),
        )
        if hoist is None or evidence.violated or _nested_aggregate(node, module) or searched(node, module):
            return
        if not _holds_fixed(node, module):
            evidence.require(Known.UNKNOWN, "what it holds is not changed while the loop runs")
        fresh = module.fresh_name(node, f"chosen_{base_name(node.generators[0].iter)}")
        yield module.finding(
            self,
            node,
            "This comprehension gives the same in every round of the loop.",
            evidence,
            title="Evaluate it once, before the loop",
            edits=moved(hoist, module.text(node), fresh, module),
        )


def _variable(node: ast.expr) -> bool:
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                return (
                    bool(node.args)
                    and node.func.id not in ("range",)
                    and any(_variable(part) for part in node.args)
                )
            node = node.func
        else:
            node = node.value
    return isinstance(node, ast.Name)


def _inner(node: ast.expr, made: ast.ListComp | ast.SetComp | ast.DictComp) -> bool:
    """Whether an iterable is made of the comprehension's own variables."""
    own = {name.id for part in made.generators for name in walk(part.target) if isinstance(name, ast.Name)}
    return any(isinstance(name, ast.Name) and name.id in own for name in walk(node))


def _nested_aggregate(node: ast.expr, module: Module) -> bool:
    """Whether an aggregate around it is looked at instead (``max([f(x) for x in xs])``)."""
    parent = module.parent(node)
    return isinstance(parent, ast.Call) and module.calls(
        parent,
        *(
            f"builtins.{name}"
            for name in ("min", "max", "sorted", "sum", "tuple", "list", "set", "frozenset", "dict")
        ),
    )


def _cannot_raise(node: ast.ListComp | ast.SetComp | ast.DictComp, module: Module) -> bool:
    results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    tests = [test for part in node.generators for test in part.ifs]
    if any(module.effects.total(part) is not Known.YES for part in (*results, *tests)):
        return False
    if (
        not isinstance(node, ast.ListComp)
        and module.types.hashable(module.types.of(results[0])) is not Known.YES
    ):
        return False
    return all(
        isinstance(part.target, ast.Name) and module.types.of(part.iter) is not None
        for part in node.generators
    )


def _holds_fixed(node: ast.ListComp | ast.SetComp | ast.DictComp, module: Module) -> bool:
    """Whether what is read and kept cannot change itself."""
    for part in node.generators:
        kind = module.types.of(part.iter)
        element = kind.element if kind is not None else None
        if element is None or element.name not in IMMUTABLE or element.name in ("tuple", "function"):
            return False
    return True
