"""Deep copies that are not needed, or not each time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.copies import require_order
from burnish_analysis.perf.rules.hoisting import plan, read_only
from burnish_analysis.perf.rules.hoisting_edits import base_name, kept_local, moved

__all__ = ["DeepcopyInLoop", "DeepcopyOfFlat"]

_SCALARS = frozenset({"int", "float", "str", "bytes", "bool", "complex", "NoneType"})


class DeepcopyInLoop(Rule):
    """``copy.deepcopy(x)`` of an unchanged object in a loop, of which every copy is only read."""

    id = "deepcopy-in-loop"
    about = About(
        summary="An unchanged object is copied deeply in every round of a loop, and the copies are only read",
        before="""\
import copy


def total(rounds: list[int], prices: dict[str, list[int]]) -> int:
    found = 0
    for number in rounds:
        for values in copy.deepcopy(prices).values():
            found += number * len(values)
    return found
""",
        after="""\
import copy


def total(rounds: list[int], prices: dict[str, list[int]]) -> int:
    found = 0
    prices_copy = copy.deepcopy(prices)
    for number in rounds:
        for values in prices_copy.values():
            found += number * len(values)
    return found
""",
        why="A deep copy visits every object inside; where nobody changes the copy, one is enough for all rounds.",
        preconditions=(
            "the object stays the same while the loop runs",
            "neither the copy nor anything in it is changed or handed out",
        ),
    )
    nodes = (ast.Call,)
    calls = ("deepcopy",)
    repeated = True
    imports = ("copy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``copy.deepcopy`` in a loop."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords or not module.loops(node):
            return
        if not module.calls(node, "copy.deepcopy") or module.types.name(node.args[0]) in _SCALARS:
            return
        evidence = Evidence()
        hoist = plan(
            node,
            module,
            evidence,
            lambda _loop: Known.of(_flat(node.args[0], module)),
            lambda spot: _looked_at(spot, module),
        )
        if hoist is None:
            return
        evidence.require(
            Known.of(_flat(node.args[0], module)), "nothing inside the copy is changed or handed out"
        )
        shown = " ".join(module.text(node).split())
        fresh = module.fresh_name(node, f"{base_name(node.args[0])}_copy")
        yield module.finding(
            self,
            node,
            f"`{shown}` makes the same copy in every round of the loop.",
            evidence,
            title=f"Make `{shown}` once, before the loop",
            edits=moved(hoist, module.text(node), fresh, module),
        )


def _looked_at(spot: ast.expr, module: Module) -> bool:
    parent = module.parent(spot)
    views = isinstance(parent, ast.Attribute) and parent.attr in ("values", "items", "keys")
    return views or read_only(spot, module) or kept_local(spot, module)


def _flat(node: ast.expr, module: Module) -> bool:
    """Whether it is a list, set or dictionary of values that cannot change."""
    kind = module.types.of(node)
    if kind is None or kind.name not in ("list", "set", "dict", "collections.deque") or not kind.args:
        return False
    return all(part is not None and part.name in _SCALARS for part in kind.args)


class DeepcopyOfFlat(Rule):
    """``copy.deepcopy`` of a list of numbers."""

    id = "deepcopy-of-flat"
    about = About(
        summary="A container of values that cannot change is copied deeply",
        before="""\
import copy


def snapshot(values: list[int]) -> list[int]:
    return copy.deepcopy(values)
""",
        after="""\
import copy


def snapshot(values: list[int]) -> list[int]:
    return values.copy()
""",
        why="A deep copy looks at every value in Python; numbers and texts are the same objects in both copies.",
        preconditions=(
            "it is a `list`, `set` or `dict`",
            "what it holds cannot change",
            "the order of a `set` does not matter",
        ),
        references=("https://docs.python.org/3/library/copy.html",),
    )
    nodes = (ast.Call,)
    calls = ("deepcopy",)
    imports = ("copy",)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``copy.deepcopy`` with one variable."""
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return
        value = node.args[0]
        if not isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)) or not module.calls(
            node, "copy.deepcopy"
        ):
            return
        if not _flat(value, module):
            return
        text = module.text(value)
        evidence = Evidence()
        if module.types.name(value) == "set":
            require_order(value, module, evidence)
        yield module.finding(
            self,
            node,
            f"What `{text}` holds cannot change, so that a deep copy is no other than `{text}.copy()`.",
            evidence,
            title=f"Use `{text}.copy()`",
            edits=[module.replace(node, f"{text}.copy()") if "\n" not in text else None],
        )
