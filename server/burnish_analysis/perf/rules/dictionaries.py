"""Dictionaries that are asked for what the loop over them gives anyway."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.lookup_parts import asked_for_names, free_name, names_in, short
from burnish_analysis.perf.walking import walk

__all__ = ["DictItems"]

#: Where nothing shows a dictionary, it takes as many lookups in a round to say a word.
_LEAST_UNKNOWN = 2
_DICTS = ("dict", "collections.Counter", "collections.defaultdict", "collections.OrderedDict")


class DictItems(Rule):
    """``for k in d: … d[k] …``."""

    id = "dict-items"
    about = About(
        summary="A loop over a dictionary's keys looks every value up",
        before="""\
def total(prices: dict[str, int]) -> int:
    found = 0
    for name in prices:
        found += len(name) * prices[name]
    return found
""",
        after="""\
def total(prices: dict[str, int]) -> int:
    found = 0
    for name, value in prices.items():
        found += len(name) * value
    return found
""",
        why="`items` gives key and value together; `d[k]` hashes and finds the key once more.",
        preconditions=("it is a dictionary, and does not change while the loop runs",),
    )
    nodes = (ast.For, ast.comprehension)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops and clauses over a variable, or its ``keys()``."""
        if not isinstance(node, (ast.For, ast.comprehension)) or not isinstance(node.target, ast.Name):
            return
        if isinstance(node, ast.comprehension) and node.is_async:
            return
        owner = _gone_through(node.iter)
        if owner is None or owner.id == node.target.id or module.scope(node).kind == "class":
            return
        region = module.flow.region(node)
        spots = [
            spot
            for use in module.flow.uses(owner)
            if use in region and (spot := _entry(use, node.target.id, module)) is not None
        ]
        if not spots or not _worth_it(spots, node, module):
            return
        known = module.types.is_a(owner, *_DICTS)
        if known is Known.UNKNOWN and len(spots) < _LEAST_UNKNOWN:
            return
        evidence = Evidence()
        if not (
            evidence.require(known, f"`{owner.id}` is a dictionary")
            and evidence.require(
                module.flow.unchanged(owner, node), f"`{owner.id}` does not change while the loop runs"
            )
        ):
            return
        if isinstance(node, ast.For):
            evidence.require(
                Known.of(not asked_for_names(module)), "nothing asks for the names of the local variables"
            )
        if not _key_stays(node, spots, module):
            return
        named = _named(node, spots, module)
        if module.scope(node).kind == "module" and named is None:
            evidence.require(Known.UNKNOWN, "a new name in the module disturbs nobody")
        value = named.id if named is not None else free_name(node, module, "value", f"{node.target.id}_value")
        rest = [
            spot for spot in spots if named is None or module.statement(spot) is not module.statement(named)
        ]
        yield module.finding(
            self,
            node.target,
            f"`{short(module.text(spots[0]))}` is looked up although the loop could give the value with the key.",
            evidence,
            title=f"Go through the items of `{owner.id}`",
            edits=[
                self._target(node.target, value, module),
                module.replace(node.iter, f"{owner.id}.items()"),
                *(module.replace(spot, value) for spot in rest),
                *([module.delete(module.statement(named))] if named is not None else []),
            ],
            until=node.iter,
        )

    @staticmethod
    def _target(target: ast.Name, value: str, module: Module) -> Edit:
        return Edit(module.start(target), module.end(target), f"{target.id}, {value}")


def _named(node: ast.For | ast.comprehension, spots: list[ast.Subscript], module: Module) -> ast.Name | None:
    """The variable that gets the value first thing in every round: ``v = d[k]``; None where it is given anything else too."""
    first = node.body[0] if isinstance(node, ast.For) and len(node.body) > 1 else None
    if (
        not isinstance(first, ast.Assign)
        or len(first.targets) != 1
        or not isinstance(first.targets[0], ast.Name)
    ):
        return None
    target = first.targets[0]
    if first.value not in spots or module.delete(first) is None or target.id in names_in(node.target):
        return None
    if any(isinstance(part, ast.Name) and part.id == target.id for part in walk(node.iter)):
        return None
    bound = [binding for binding in module.flow.bindings(target) if binding.node in module.flow.region(node)]
    return target if len(bound) == 1 else None


def _gone_through(over: ast.expr) -> ast.Name | None:
    if isinstance(over, ast.Call):
        if not isinstance(over.func, ast.Attribute) or over.func.attr != "keys" or over.args or over.keywords:
            return None
        over = over.func.value
    return over if isinstance(over, ast.Name) else None


def _entry(use: ast.Name, key: str, module: Module) -> ast.Subscript | None:
    """``d[k]``, where it is read."""
    parent = module.parent(use)
    if (
        isinstance(parent, ast.Subscript)
        and parent.value is use
        and isinstance(parent.ctx, ast.Load)
        and isinstance(parent.slice, ast.Name)
        and parent.slice.id == key
        and module.readable(parent)
    ):
        return parent
    return None


def _worth_it(spots: list[ast.Subscript], node: ast.For | ast.comprehension, module: Module) -> bool:
    """Whether every round looks a value up."""
    if isinstance(node, ast.comprehension):
        return True
    for spot in spots:
        statement = module.statement(spot)
        inner: ast.AST = spot
        for outer in module.ancestors(spot):
            maybe = isinstance(outer, ast.BoolOp) and outer.values[0] is not inner
            maybe |= isinstance(outer, ast.IfExp) and outer.test is not inner
            if outer is statement or maybe or isinstance(outer, ast.Lambda):
                break
            inner = outer
        if module.parent(inner) is statement and any(part is statement for part in node.body):
            return True
    return False


def _key_stays(node: ast.For | ast.comprehension, spots: list[ast.Subscript], module: Module) -> bool:
    """Whether ``k`` means the loop's variable at every place, and keeps its value."""
    target = node.target
    assert isinstance(target, ast.Name)
    owner = module.scope(target).find(target.id)
    if any(
        binding.node is not target and binding.node in module.flow.region(node)
        for binding in owner.bindings.get(target.id, ())
    ):
        return False
    function = module.function(node if isinstance(node, ast.For) else target)
    return all(
        isinstance(spot.slice, ast.Name)
        and module.flow.owner(spot.slice) is owner
        and module.function(spot) is function
        for spot in spots
    ) and not any(
        isinstance(part, ast.GeneratorExp) for spot in spots for part in _between(spot, node, module)
    )


def _between(spot: ast.AST, node: ast.AST, module: Module) -> Iterator[ast.AST]:
    for outer in module.ancestors(spot):
        if outer is node or (isinstance(node, ast.comprehension) and outer is module.parent(node)):
            return
        yield outer
