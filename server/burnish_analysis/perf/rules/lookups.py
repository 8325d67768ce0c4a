"""Asking a list, again and again, where a value is or how often it is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.attributes import attribute_type
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import Hoist
from burnish_analysis.perf.rules.lookup_parts import (
    base_name,
    free_name,
    holds_hashable,
    membership,
    plan_lookup,
    short,
    small,
)

__all__ = ["CountInLoop", "IndexInLoop"]

_PRECONDITIONS = (
    "the list does not change while the loop runs",
    "what it holds and what is asked for are hashable, of built-in types",
)


def _asked(node: ast.AST, method: str) -> tuple[ast.expr, ast.expr] | None:
    """``xs`` and ``x``, where ``node`` is ``xs.method(x)``."""
    if (
        not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or node.func.attr != method
        or len(node.args) != 1
        or node.keywords
        or isinstance(node.args[0], ast.Starred)
        or not isinstance(node.func.value, (ast.Name, ast.Attribute))
    ):
        return None
    return node.func.value, node.args[0]


def _plan(
    node: ast.AST, method: str, module: Module, evidence: Evidence
) -> tuple[ast.expr, Hoist, list[ast.Call]] | None:
    """For ``xs.method(x)`` in a loop: ``xs``, where a table of it can be made, and the calls that ask it then."""
    asking = _asked(node, method)
    if asking is None or not module.loops(node):
        return None
    owner, asked = asking
    kind = module.types.of(owner) or attribute_type(owner, module)
    letters = kind is not None and kind.name == "str" and _letter(asked, module) and method == "count"
    if kind is None or (kind.name not in ("list", "tuple") and not letters) or small(owner, module):
        return None
    if isinstance(owner, ast.Name):
        holds = holds_hashable(owner, module)
    else:
        holds = module.types.hashable(kind.element)
        evidence.require(Known.UNKNOWN, f"`{module.text(owner)}` is a list")
    if Known.NO in (holds, module.types.hashable(module.types.of(asked)), module.effects.pure(asked)):
        return None

    def fits(spot: ast.expr) -> bool:
        call = _call(spot, module)
        found = _asked(call, method)
        return (
            found is not None
            and (not letters or _letter(found[1], module))
            and not _last_resort(call, found[1], module)
        )

    hoist = plan_lookup(owner, module, evidence, Known.YES, fits)
    if hoist is None:
        return None
    evidence.require(holds, f"`{module.text(owner)}` holds hashable values")
    calls = [call for spot in hoist.spots if isinstance(call := _call(spot, module), ast.Call)]
    for call in calls:
        given = call.args[0]
        text = short(module.text(given))
        evidence.require(module.types.hashable(module.types.of(given)), f"`{text}` is hashable")
        if method == "index":
            evidence.require(module.effects.pure(given), f"evaluating `{text}` changes nothing")
    return None if evidence.violated else (owner, hoist, calls)


def _last_resort(call: ast.AST, asked: ast.expr, module: Module) -> bool:
    """Whether a table was asked before: ``table[x] if x in table else xs.index(x)``."""
    choice = module.parent(call)
    return (
        isinstance(choice, ast.IfExp)
        and choice.orelse is call
        and membership(choice.test) is not None
        and isinstance(choice.test, ast.Compare)
        and module.same(choice.test.left, asked)
    )


def _call(spot: ast.expr, module: Module) -> ast.AST:
    attribute = module.parent(spot)
    call = module.parent(attribute) if isinstance(attribute, ast.Attribute) else None
    return call if isinstance(call, ast.Call) and call.func is attribute else spot


def _letter(node: ast.expr, module: Module) -> bool:
    """Whether it is one character: of a loop over a text."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and len(node.value) == 1
    if not isinstance(node, ast.Name):
        return False
    bindings = module.flow.bindings(node)
    return bool(bindings) and all(
        isinstance(binding.owner, (ast.For, ast.comprehension))
        and binding.owner.target is binding.node
        and _of_letters(binding.owner.iter, module)
        for binding in bindings
    )


def _of_letters(over: ast.expr, module: Module) -> bool:
    if (
        isinstance(over, ast.Call)
        and module.calls(over, "builtins.set", "builtins.sorted", "builtins.list")
        and over.args
    ):
        over = over.args[0]
    return module.types.name(over) == "str"


class CountInLoop(Rule):
    """``xs.count(x)`` in a loop."""

    id = "count-in-loop"
    about = About(
        summary="A list is counted through in every round of a loop",
        before="""\
def repeated(words: list[str]) -> list[str]:
    return [word for word in words if words.count(word) > 1]
""",
        after="""\
from collections import Counter
def repeated(words: list[str]) -> list[str]:
    words_counts = Counter(words)
    return [word for word in words if words_counts[word] > 1]
""",
        why="`count` compares with everything in the list, every time. A `Counter` counts all values in one pass, "
        "and gives 0 for those that are not there.",
        preconditions=_PRECONDITIONS,
    )
    nodes = (ast.Call,)
    calls = ("count",)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``count`` in loops."""
        evidence = Evidence()
        found = _plan(node, "count", module, evidence)
        if found is None:
            return
        owner, hoist, calls = found
        name = module.text(owner)
        counts = module.fresh_name(node, f"{base_name(owner)}_counts")
        counter = module.imported("collections", "Counter", at=hoist.statement)
        yield module.finding(
            self,
            node,
            f"`{name}` is counted through in every round; a Counter counts everything at once.",
            evidence,
            title=f"Count everything in `{name}` once",
            edits=[
                module.insert_before(hoist.statement, f"{counts} = {counter}({name})"),
                *(module.replace(call, f"{counts}[{module.text(call.args[0])}]") for call in calls),
            ],
            imports=[Import("collections", "Counter")],
        )


class IndexInLoop(Rule):
    """``xs.index(x)`` in a loop."""

    id = "index-in-loop"
    about = About(
        summary="A list is searched for a value's place in every round of a loop",
        before="""\
def places(names: list[str], order: list[str]) -> list[int]:
    return [order.index(name) for name in names]
""",
        after="""\
def places(names: list[str], order: list[str]) -> list[int]:
    order_places = {}
    for place, value in enumerate(order):
        order_places.setdefault(value, place)
    return [order_places[name] if name in order_places else order.index(name) for name in names]
""",
        why="`index` searches from the beginning, every time. A dictionary of first places is made in one pass and answers at once; "
        "a value that is not there is left to `index`, for the same `ValueError`.",
        preconditions=_PRECONDITIONS,
    )
    nodes = (ast.Call,)
    calls = ("index",)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``index`` in loops."""
        evidence = Evidence()
        found = _plan(node, "index", module, evidence)
        if found is None:
            return
        owner, hoist, calls = found
        name = module.text(owner)
        places = module.fresh_name(node, f"{base_name(owner)}_places")
        place = free_name(node, module, "place", "position")
        value = free_name(node, module, "value", "item")
        yield module.finding(
            self,
            node,
            f"`{name}` is searched from its beginning in every round; a dictionary of first places answers at once.",
            evidence,
            title=f"Look places up in a dictionary of `{name}`",
            edits=[
                module.insert_before(
                    hoist.statement,
                    f"{places} = {{}}\nfor {place}, {value} in enumerate({name}):\n    {places}.setdefault({value}, {place})",
                ),
                *(module.replace(call, _answer(call, places, module)) for call in calls),
            ],
        )


def _answer(call: ast.Call, places: str, module: Module) -> str:
    asked = call.args[0]
    text = module.text(asked)
    if _is_in(call, asked, module):
        return f"{places}[{text}]"
    looked = (
        text
        if isinstance(asked, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call))
        else f"({text})"
    )
    return f"{places}[{text}] if {looked} in {places} else {module.text(call)}"


def _is_in(call: ast.Call, asked: ast.expr, module: Module) -> bool:
    """Whether what is asked for comes from the list itself: ``for x in xs: xs.index(x)``."""
    if not isinstance(asked, ast.Name) or not isinstance(call.func, ast.Attribute):
        return False
    bindings = module.flow.bindings(asked)
    owner = bindings[0].owner if len(bindings) == 1 else None
    return (
        isinstance(owner, (ast.For, ast.comprehension))
        and owner in module.loops(call)
        and isinstance(owner.target, ast.Name)
        and isinstance(owner.iter, ast.Name)
        and module.same(owner.iter, call.func.value)
        and module.flow.unchanged(owner.iter, owner) is Known.YES
    )
