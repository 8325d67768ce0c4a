"""Lists that are sorted again after every change."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.fullness import nonempty
from burnish_analysis.perf.facts.sequences import (
    dominates,
    fresh_lists,
    ordered_plainly,
    reads_at_once,
    repeated,
    whole_local,
)
from burnish_analysis.perf.facts.writing import is_method, same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["SortInLoop", "SortPopFront"]

_KEEPING_ORDER = frozenset({"pop", "remove", "clear"})


class SortInLoop(Rule):
    """``xs.append(x)`` and ``xs.sort()`` in a loop."""

    id = "sort-in-loop"
    about = About(
        summary="A list is sorted again for every item that is added",
        before="""\
def medians(numbers: list[int]) -> list[int]:
    seen = []
    found = []
    for number in numbers:
        seen.append(number)
        seen.sort()
        found.append(seen[len(seen) // 2])
    return found
""",
        after="""\
from bisect import insort
def medians(numbers: list[int]) -> list[int]:
    seen = []
    found = []
    for number in numbers:
        insort(seen, number)
        found.append(seen[len(seen) // 2])
    return found
""",
        why="Sorting looks at every item; `insort` finds the place by halving and moves what is behind it in one step.",
        preconditions=(
            "the list is sorted whenever something is added: made in the function, and changed nowhere else but by taking items out",
            "its items have one order (texts, whole numbers)",
        ),
        references=("https://docs.python.org/3/library/bisect.html#bisect.insort",),
    )
    nodes = (ast.Call,)
    calls = ("sort",)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``xs.sort()`` statements right after ``xs.append(x)``."""
        pair = _append_and_sort(node, module)
        if pair is None or not module.loops(node):
            return
        append, sort = pair
        name = append.func.value  # type: ignore[attr-defined]
        if not repeated(append, name, module) or not whole_local(name, module):
            return
        known = _stays_sorted(name, module)
        evidence = Evidence()
        if not evidence.require(known, f"`{name.id}` is sorted before each item is added"):
            return
        put = append.args[0]
        kind = module.types.of(name)
        evidence.require(
            ordered_plainly(module.types.of(put)) & ordered_plainly(kind.element if kind else None),
            f"the items of `{name.id}` have one order, in which equal ones are alike",
        )
        insort = module.imported("bisect", "insort", at=node)
        between = module.end(module.statement(append)), module.end(sort)
        if module.comments_in(*between):
            between = (module.end(sort), module.end(sort))
        yield module.finding(
            self,
            module.statement(append),
            f"The list `{name.id}` is sorted again in every round to put one item in its place.",
            evidence,
            title="Insert the item at its place",
            edits=[
                module.replace(append, f"{insort}({name.id}, {module.text(put)})"),
                Edit(*between, "") if between[0] < between[1] else module.delete(sort),
            ],
            imports=[Import("bisect", "insort")],
            until=sort,
        )


class SortPopFront(Rule):
    """``xs.sort()`` and ``xs.pop(0)`` in a loop."""

    id = "sort-pop-front"
    about = About(
        summary="A list is sorted in every round to take its smallest item",
        before="""\
def merged(sizes: list[int]) -> int:
    heap = list(sizes)
    cost = 0
    while len(heap) > 1:
        heap.sort()
        one = heap.pop(0)
        heap.sort()
        other = heap.pop(0)
        cost += one + other
        heap.append(one + other)
    return cost
""",
        after="""\
from heapq import heapify
from heapq import heappop
from heapq import heappush
def merged(sizes: list[int]) -> int:
    heap = list(sizes)
    cost = 0
    heapify(heap)
    while len(heap) > 1:
        one = heappop(heap)
        other = heappop(heap)
        cost += one + other
        heappush(heap, one + other)
    return cost
""",
        why="Sorting looks at every item, and `pop(0)` moves them all; a heap finds and takes the smallest in a few steps.",
        preconditions=(
            "the list is made in the function and is otherwise only asked for its length",
            "its items have one order (texts, whole numbers)",
            "it is not empty where an item is taken (the text of the `IndexError` differs)",
        ),
        references=("https://docs.python.org/3/library/heapq.html",),
    )
    nodes = (ast.Call,)
    calls = ("sort",)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first ``xs.sort()`` of a variable that a ``xs.pop(0)`` follows."""
        if not is_method(node, "sort", 0) or not module.loops(node) or not isinstance(node, ast.Call):
            return
        name = node.func.value  # type: ignore[attr-defined]
        if not repeated(node, name, module) or not whole_local(name, module):
            return
        evidence = Evidence()
        edits = _as_heap(node, name, module, evidence)
        if edits is None:
            return
        yield module.finding(
            self,
            node,
            f"The list `{name.id}` is sorted in every round to take its smallest item; a heap has it at hand.",
            evidence,
            title=f"Make `{name.id}` a heap",
            edits=edits,
            imports=[Import("heapq", "heapify"), Import("heapq", "heappop"), Import("heapq", "heappush")],
        )


def _append_and_sort(node: ast.AST, module: Module) -> tuple[ast.Call, ast.stmt] | None:
    """The ``append`` and the statement of the ``sort`` right after it."""
    if not is_method(node, "sort", 0) or not isinstance(node, ast.Call):
        return None
    sort = module.parent(node)
    if not isinstance(sort, ast.Expr):
        return None
    before = module.previous(sort)
    if not isinstance(before, ast.Expr) or not is_method(before.value, "append", 1):
        return None
    append = before.value
    assert isinstance(append, ast.Call)  # is_method asks for it
    same = same_name(append.func.value, node.func.value.id)  # type: ignore[attr-defined]
    return (append, sort) if same else None


def _method_of(use: ast.Name, module: Module) -> ast.Call | None:
    parent = module.parent(use)
    above = module.parent(parent) if isinstance(parent, ast.Attribute) else None
    return above if isinstance(above, ast.Call) and above.func is parent else None


def _stays_sorted(name: ast.Name, module: Module) -> Known:
    """Whether a local list is sorted whenever ``append`` and ``sort`` begin."""
    bindings = fresh_lists(name, module)
    if not bindings or any(binding.kind == "augment" for binding in module.flow.bindings(name)):
        return Known.NO
    known = Known.YES
    for binding in bindings:
        value = binding.value
        short = (
            isinstance(value, ast.List)
            and len(value.elts) < 2
            and not any(isinstance(e, ast.Starred) for e in value.elts)
        )
        empty = isinstance(value, ast.Call) and not value.args and module.calls(value, "builtins.list")
        ordered = (
            isinstance(value, ast.Call) and not value.keywords and module.calls(value, "builtins.sorted")
        )
        known &= Known.of(short or empty or ordered)
    for use in module.flow.uses(name):
        call = _method_of(use, module)
        if call is None:
            if not reads_at_once(use, module) and not isinstance(module.parent(use), ast.Return):
                known &= Known.NO if module.flow.mutates(use) else Known.UNKNOWN
        elif is_method(call, "sort", 0):
            pair = _append_and_sort(call, module)
            known &= Known.YES if pair or not module.loops(call) else Known.UNKNOWN
        elif is_method(call, "append", 1):
            known &= Known.YES if _sorted_next(call, module) else Known.NO
        elif call.func.attr not in _KEEPING_ORDER and not reads_at_once(use, module):  # type: ignore[attr-defined]
            known = Known.NO
    return known


def _sorted_next(append: ast.Call, module: Module) -> bool:
    following = module.following(module.statement(append))
    if not following or not isinstance(following[0], ast.Expr):
        return False
    pair = _append_and_sort(following[0].value, module)
    return pair is not None and pair[0] is append


def _as_heap(first: ast.Call, name: ast.Name, module: Module, evidence: Evidence) -> list[Edit | None] | None:
    """What makes a local list a heap; None where some use of it needs a sorted list."""
    bindings = fresh_lists(name, module)
    loop = module.loops(first)[-1]
    if (
        not bindings
        or len(bindings) != 1
        or len(module.flow.bindings(name)) != 1
        or not isinstance(loop, (ast.For, ast.While))
        or not dominates(bindings[0].owner, loop, module)
    ):
        return None
    kind = module.types.of(name)
    evidence.require(
        ordered_plainly(kind.element if kind else None),
        f"the items of `{name.id}` have one order, in which equal ones are alike",
    )
    written = {fn: module.imported("heapq", fn, at=first) for fn in ("heapify", "heappop", "heappush")}
    edits: list[Edit | None] = [module.insert_before(loop, f"{written['heapify']}({name.id})")]
    sorts = [call for use in module.flow.uses(name) if is_method(call := _method_of(use, module), "sort", 0)]
    if not sorts or sorts[0] is not first or any(loop not in module.loops(sort) for sort in sorts if sort):
        return None
    popped = False
    for use in module.flow.uses(name):
        call = _method_of(use, module)
        if call is None:
            if not _order_does_not_matter(use, module):
                return None
        elif is_method(call, "sort", 0):
            sort = module.parent(call)
            if not isinstance(sort, ast.Expr) or not _pops_next(sort, name.id, module):
                return None
            edits.append(module.delete(sort))
        elif _pops_first(call):
            before = module.previous(module.statement(call))
            if not isinstance(before, ast.Expr) or before.value not in sorts:
                return None
            evidence.require(
                Known.of(nonempty(use, module)),
                f"`{name.id}` is never empty there (the text of the `IndexError` differs)",
            )
            edits.append(module.replace(call, f"{written['heappop']}({name.id})"))
            popped = True
        elif is_method(call, "append", 1):
            if loop in module.loops(call):
                edits.append(
                    module.replace(call, f"{written['heappush']}({name.id}, {module.text(call.args[0])})")
                )
            elif module.start(call) > module.end(loop):
                return None
        else:
            return None
    return edits if popped else None


def _order_does_not_matter(use: ast.Name, module: Module) -> bool:
    parent = module.parent(use)
    if isinstance(parent, ast.Call):
        return module.qualified(parent.func) in ("builtins.len", "builtins.bool")
    return isinstance(parent, (ast.If, ast.While, ast.UnaryOp, ast.BoolOp)) and reads_at_once(use, module)


def _pops_first(call: ast.Call) -> bool:
    return (
        is_method(call, "pop", 1)
        and isinstance(call.args[0], ast.Constant)
        and type(call.args[0].value) is int
        and call.args[0].value == 0
    )


def _pops_next(sort: ast.stmt, name: str, module: Module) -> bool:
    """Whether the statement after a ``sort`` takes the first item."""
    following = module.following(sort)
    return bool(following) and any(
        isinstance(part, ast.Call) and _pops_first(part) and same_name(part.func.value, name)  # type: ignore[attr-defined]
        for part in walk(following[0])
    )
