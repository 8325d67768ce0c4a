"""Loops that go through one list for every value of another to find what is equal."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.hoisting import Hoist
from burnish_analysis.perf.rules.joins_parts import (
    Join,
    find_join,
    key_word,
    leaks,
    plan_join,
    target_names,
)
from burnish_analysis.perf.rules.joins_text import dedented, without_operand
from burnish_analysis.perf.rules.lookup_parts import base_name, renamed, short

__all__ = ["FilterInLoop", "NestedEqualityJoin"]

_WHY = (
    "Every round visits every item, so the work grows with the product of both lengths. "
    "A dictionary of lists is made in one pass, and the matching items, in their order, are found at once."
)
_PRECONDITIONS = (
    "what is gone through does not change while the loop runs, and can be iterated over again",
    "what is compared is hashable and equal only where the hashes are, as built-in types except floating-point numbers are",
    "every item has what is compared, and it does not change",
    "the inner loop's variable is not used after it",
)


class NestedEqualityJoin(Rule):
    """``for a in xs: for b in ys: if a.k == b.k: …``."""

    id = "nested-equality-join"
    about = About(
        summary="An inner loop goes through everything to find what is equal",
        before="""\
def lines(orders: list[tuple[str, int]], prices: list[tuple[str, int]]) -> list[int]:
    sums = []
    for order in orders:
        for price in prices:
            if order[0] == price[0]:
                sums.append(order[1] * price[1])
    return sums
""",
        after="""\
def lines(orders: list[tuple[str, int]], prices: list[tuple[str, int]]) -> list[int]:
    sums = []
    prices_by_key = {}
    for price in prices:
        prices_by_key.setdefault(price[0], []).append(price)
    for order in orders:
        for price in prices_by_key.get(order[0], ()):
            sums.append(order[1] * price[1])
    return sums
""",
        why=_WHY,
        preconditions=_PRECONDITIONS,
    )
    nodes = (ast.For,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``for`` statements that hold one ``if`` and stand in a loop."""
        if not isinstance(node, ast.For) or len(node.body) != 1:
            return
        test = node.body[0]
        if not isinstance(test, ast.If) or test.orelse or not module.loops(node):
            return
        names = target_names(node.target)
        join = find_join(test.test, names, module) if names else None
        if join is None:
            return
        evidence = Evidence()
        hoist = plan_join(join, node.iter, node.target, node, module, evidence)
        if hoist is None or leaks(names, node, hoist.statement, module):
            return
        name = _table_name(node.iter, join, module)
        rest: list[Edit | None] | None
        rest = (
            [without_operand(test.test, join, module)]
            if isinstance(test.test, ast.BoolOp)
            else _body(test, module)
        )
        yield module.finding(
            self,
            node,
            f"`{short(module.text(node.iter))}` is gone through in every round to find what is equal; "
            "a dictionary of lists finds it at once.",
            evidence,
            title=f"Find items of `{short(module.text(node.iter))}` in a dictionary",
            edits=[
                module.insert_before(
                    hoist.statement, _table(name, join, node.target, node.iter, None, module)
                ),
                _replaced(node.iter, f"{name}.get({join.wanted_text(module)}, ())", module),
                *rest,
            ],
            until=test.test,
        )


def _body(test: ast.If, module: Module) -> list[Edit | None]:
    edits = dedented(test, module)
    return [*edits] if edits is not None else []


def _replaced(node: ast.expr, text: str, module: Module) -> Edit:
    return Edit(module.start(node), module.end(node), text)


def _table_name(over: ast.expr, join: Join, module: Module) -> str:
    return module.fresh_name(over, f"{base_name(over) or 'items'}_by_{key_word(join.key)}")


def _table(
    name: str, join: Join, target: ast.expr, over: ast.expr, rename: dict[str, str] | None, module: Module
) -> str:
    """The lines that make the dictionary of lists."""
    key, item = module.text(join.key), module.text(target)
    for old, new in (rename or {}).items():
        key, item = renamed(join.key, old, new, module), new
    whole = f"({item})" if isinstance(target, ast.Tuple) and not item.startswith("(") else item
    return (
        f"{name} = {{}}\nfor {item} in {module.text(over)}:\n    {name}.setdefault({key}, []).append({whole})"
    )


class FilterInLoop(Rule):
    """``[b for b in ys if b.k == a.k]`` in a loop, and ``[… for a in xs for b in ys if a.k == b.k]``."""

    id = "filter-in-loop"
    about = About(
        summary="A comprehension goes through everything in every round to find what is equal",
        before="""\
def baskets(people: list[str], sales: list[tuple[str, int]]) -> list[int]:
    return [sum([sale[1] for sale in sales if sale[0] == person]) for person in people]
""",
        after="""\
def baskets(people: list[str], sales: list[tuple[str, int]]) -> list[int]:
    sales_by_key = {}
    for sale in sales:
        sales_by_key.setdefault(sale[0], []).append(sale)
    return [sum([sale[1] for sale in sales_by_key.get(person, ())]) for person in people]
""",
        why=_WHY,
        preconditions=_PRECONDITIONS[:3],
    )
    nodes = (ast.comprehension,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the clauses of comprehensions that have a condition and stand in a loop."""
        if not isinstance(node, ast.comprehension) or not node.ifs or node.is_async:
            return
        names = target_names(node.target)
        if not names or not module.loops(node.iter):
            return
        join = find_join(node.ifs[0], names, module)
        if join is None:
            return
        evidence = Evidence()
        hoist = plan_join(join, node.iter, node.target, node, module, evidence)
        if hoist is None:
            return
        name = _table_name(node.iter, join, module)
        text = short(module.text(node.iter))
        yield module.finding(
            self,
            node.target,
            f"`{text}` is gone through in every round to find what is equal; a dictionary of lists finds it at once.",
            evidence,
            title=f"Find items of `{text}` in a dictionary",
            edits=[
                self._made(name, join, node, hoist, module),
                *_clause(node, join, f"{name}.get({join.wanted_text(module)}, ())", module),
            ],
            until=node.ifs[0],
        )

    @staticmethod
    def _made(name: str, join: Join, node: ast.comprehension, hoist: Hoist, module: Module) -> Edit | None:
        """The table's lines, with variables that mean nothing else in the function."""
        rename: dict[str, str] = {}
        for old in target_names(node.target):
            scope = module.scope(hoist.statement).find(old)
            if scope.bindings.get(old) or scope.uses.get(old):
                rename[old] = module.fresh_name(node, f"{old}_item")
        if rename and not isinstance(node.target, ast.Name):
            return None
        return module.insert_before(
            hoist.statement, _table(name, join, node.target, node.iter, rename, module)
        )


def _clause(node: ast.comprehension, join: Join, text: str, module: Module) -> list[Edit | None]:
    """Go through what was found, without the condition."""
    first = node.ifs[0]
    start, end = module.start(node.iter), module.end(node.iter)
    if module.source[end : module.start(first)].strip() != "if":
        return [None]
    if isinstance(first, ast.BoolOp):
        return [Edit(start, end, text), without_operand(first, join, module)]
    return [Edit(start, module.end(first), text)]
