"""Going through all pairs of one list to find those that match."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import Hoist
from burnish_analysis.perf.rules.joins_parts import leaks
from burnish_analysis.perf.rules.lookup_parts import free_name, names_in, plan_lookup, reflexive, short

__all__ = ["PairScan"]


@dataclass(frozen=True, slots=True)
class _Scan:
    """``xs[j] == wanted`` for ``j`` after ``i``: the list as the test names it, the test's equality, and what is looked for."""

    items: ast.Name
    operand: ast.Compare
    wanted: tuple[ast.expr, ...]

    def text(self, module: Module) -> str:
        parts = [module.text(part) if _simple(part) else f"({module.text(part)})" for part in self.wanted]
        return " - ".join(parts) if len(parts) > 1 else module.text(self.wanted[0])


def _simple(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call))


class PairScan(Rule):
    """``for i …: for j in range(i + 1, len(xs)): if xs[i] + xs[j] == total``, the two-sum scan."""

    id = "two-sum-scan"
    about = About(
        summary="All pairs of a list are tried to find those that match",
        before="""\
def two_sum(numbers: list[int], total: int) -> tuple[int, int] | None:
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] + numbers[j] == total:
                return i, j
    return None
""",
        after="""\
def two_sum(numbers: list[int], total: int) -> tuple[int, int] | None:
    numbers_places = {}
    for j, value in enumerate(numbers):
        numbers_places.setdefault(value, []).append(j)
    for i in range(len(numbers)):
        for j in numbers_places.get(total - numbers[i], ()):
            if j > i:
                return i, j
    return None
""",
        why="All pairs are about half the square of the length. The value that a number lacks is found at once in a dictionary "
        "of the places of every value, and pairs are found in the same order.",
        preconditions=(
            "the list does not change while the loops run",
            "what it holds are whole numbers (for a sum), or values that are equal only where their hashes are",
            "the inner loop's variable is not used after it",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``for`` statements over a ``range`` that hold one ``if`` and stand in a loop over the same list."""
        if (
            not isinstance(node, ast.For)
            or len(node.body) != 1
            or not isinstance(node.target, ast.Name)
            or not isinstance(node.iter, ast.Call)
            or not module.calls(node.iter, "builtins.range")
        ):
            return
        test = node.body[0]
        if not isinstance(test, ast.If) or test.orelse or not module.loops(node):
            return
        scan = _scan(test.test, node.target.id)
        first = _outer(node, scan.items, module) if scan is not None else None
        if scan is None or first is None:
            return
        evidence = Evidence()
        hoist = _plan(scan, node, module, evidence)
        if hoist is None or leaks([node.target.id], node, hoist.statement, module):
            return
        items = module.text(scan.items)
        places = module.fresh_name(node, f"{items}_places")
        value = free_name(node, module, "value", "item")
        yield module.finding(
            self,
            node,
            f"All pairs of `{items}` are tried; a dictionary of the places of its values finds the match of each at once.",
            evidence,
            title=f"Find matches in a dictionary of the places in `{items}`",
            edits=[
                module.insert_before(
                    hoist.statement,
                    f"{places} = {{}}\nfor {node.target.id}, {value} in enumerate({items}):\n"
                    f"    {places}.setdefault({value}, []).append({node.target.id})",
                ),
                Edit(
                    module.start(node.iter),
                    module.end(node.iter),
                    f"{places}.get({scan.text(module)}, ())",
                ),
                Edit(module.start(scan.operand), module.end(scan.operand), f"{node.target.id} > {first}"),
            ],
            until=test.test,
        )


def _scan(test: ast.expr, place: str) -> _Scan | None:
    operand = test.values[0] if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else test
    if (
        not isinstance(operand, ast.Compare)
        or len(operand.ops) != 1
        or not isinstance(operand.ops[0], ast.Eq)
    ):
        return None
    sides = (operand.left, operand.comparators[0])
    for one, other in (sides, sides[::-1]):
        if place in names_in(other):
            continue
        if (found := _item(one, place)) is not None:
            return _Scan(found, operand, (other,))
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add):
            for part, rest in ((one.right, one.left), (one.left, one.right)):
                if (found := _item(part, place)) is not None and place not in names_in(rest):
                    return _Scan(found, operand, (other, rest))
    return None


def _item(node: ast.expr, place: str) -> ast.Name | None:
    """``xs``, where ``node`` is ``xs[place]``."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Name)
    ):
        return node.value if node.slice.id == place and node.value.id != place else None
    return None


def _outer(node: ast.For, items: ast.Name, module: Module) -> str | None:
    """The first place's name, where ``node`` goes over ``range(i + 1, len(xs))`` and ``i`` over places of ``xs``."""
    assert isinstance(node.iter, ast.Call)
    if len(node.iter.args) != 2 or node.iter.keywords or not _length(node.iter.args[1], items, module):
        return None
    begin = node.iter.args[0]
    found = re.fullmatch(r"(\w+)\s*\+\s*1", module.text(begin))
    outer = module.parent(node)
    if found is None or not isinstance(begin, ast.BinOp) or not isinstance(outer, ast.For):
        return None
    name = found[1]
    over = outer.iter
    target = outer.target
    if not isinstance(over, ast.Call) or not isinstance(begin.left, ast.Name):
        return None
    if module.calls(over, "builtins.enumerate"):
        same = len(over.args) == 1 and not over.keywords and module.same(over.args[0], items)
        first = target.elts[0] if isinstance(target, ast.Tuple) and len(target.elts) == 2 else None
    else:
        same = (
            module.calls(over, "builtins.range")
            and len(over.args) == 1
            and _bounded(over.args[0], items, module)
        )
        first = target
    if not same or not isinstance(first, ast.Name) or first.id != name:
        return None
    bound = [
        binding for binding in module.flow.bindings(begin.left) if binding.node in module.flow.region(outer)
    ]
    return name if len(bound) == 1 else None


def _length(node: ast.expr, items: ast.Name, module: Module) -> bool:
    """Whether it is ``len(xs)``, or a variable that is bound once, to that, in a function that leaves ``xs`` alone."""
    if isinstance(node, ast.Call):
        return module.calls(node, "builtins.len") and len(node.args) == 1 and module.same(node.args[0], items)
    if not isinstance(node, ast.Name) or not module.flow.local(node):
        return False
    bindings = module.flow.bindings(node)
    value = bindings[0].value if len(bindings) == 1 else None
    lists = module.flow.bindings(items)
    return (
        isinstance(value, ast.Call)
        and _length(value, items, module)
        and len(lists) == 1
        and module.start(lists[0].node) < module.start(value)
        and all(module.flow.only_reads(use) for use in module.flow.uses(items))
        and not any(isinstance(part, (ast.For, ast.While)) for part in (lists[0].owner,))
    )


def _bounded(node: ast.expr, items: ast.Name, module: Module) -> bool:
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and isinstance(node.right, ast.Constant)
        and node.right.value == 1
    ):
        node = node.left
    return _length(node, items, module)


def _plan(scan: _Scan, inner: ast.For, module: Module, evidence: Evidence) -> Hoist | None:
    kind = module.types.of(scan.items)
    element = kind.element if kind else None
    kinds = [element, *(module.types.of(part) for part in scan.wanted)]
    if kind is not None and kind.name not in ("list", "tuple"):
        return None
    if len(scan.wanted) > 1:
        whole = all(one is not None and one.name in ("int", "bool") for one in kinds)
        equal = Known.NO if any(one and one.name not in ("int", "bool") for one in kinds) else Known.of(whole)
    else:
        equal = reflexive(kinds[0]) & reflexive(kinds[1])
    stays = Known.YES
    for part in scan.wanted:
        stays &= module.flow.invariant(part, inner)
    if Known.NO in (equal, stays):
        return None
    hoist = plan_lookup(scan.items, module, evidence, Known.YES, lambda spot: spot is scan.items)
    if hoist is None or inner not in module.flow.region(hoist.loop):
        return None
    items = module.text(scan.items)
    evidence.require(Known.of(kind is not None), f"`{items}` is a list")
    words = "whole numbers" if len(scan.wanted) > 1 else "of types that are equal only where their hashes are"
    evidence.require(equal, f"what `{items}` holds and `{short(scan.text(module))}` are {words}")
    evidence.require(stays, f"`{short(scan.text(module))}` stays the same in the inner loop")
    safe = Known.YES
    for part in scan.wanted:
        own = (
            isinstance(part, ast.Subscript)
            and module.same(part.value, scan.items)
            and isinstance(part.slice, ast.Name)
        )
        safe &= Known.YES if own else module.effects.total(part)
    evidence.require(safe, f"`{short(scan.text(module))}` can be evaluated for every place")
    return hoist
