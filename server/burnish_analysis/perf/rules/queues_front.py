"""Lists that grow or shrink at their front, one copy a round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.fullness import nonempty
from burnish_analysis.perf.facts.sequences import (
    begins_as,
    dominates,
    fresh_lists,
    half_built,
    reads_at_once,
    truth_only,
    whole_local,
)
from burnish_analysis.perf.facts.survival import survives
from burnish_analysis.perf.facts.writing import is_method, same_name, small
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["InsertFront", "SliceFrontInLoop"]


class InsertFront(Rule):
    """``xs.insert(0, x)`` in a loop, of a list that is not read meanwhile."""

    id = "insert-front"
    about = About(
        summary="A list is built from its end in a loop",
        before="""\
def path(parents: dict[int, int], node: int) -> list[int]:
    found = []
    while node in parents:
        found.insert(0, node)
        node = parents[node]
    return found
""",
        after="""\
def path(parents: dict[int, int], node: int) -> list[int]:
    found = []
    while node in parents:
        found.append(node)
        node = parents[node]
    found.reverse()
    return found
""",
        why="Inserting at the front moves every item by one place; appending does not, and one `reverse` puts all in order.",
        preconditions=(
            "the list is made empty in the function before the loop",
            "nothing reads it or changes it otherwise until the loop is done",
        ),
    )
    nodes = (ast.Call,)
    calls = ("insert",)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first ``insert(0, …)`` of a loop."""
        if not _inserts_front(node) or not isinstance(node, ast.Call):
            return
        name = node.func.value  # type: ignore[attr-defined]
        if not module.loops(node) or not whole_local(name, module):
            return
        found = _filling_loop(name, node, module)
        if found is None or not isinstance(module.parent(node), ast.Expr):
            return
        loop, calls = found
        if isinstance(loop, ast.For) and small(loop.iter, module) and len(module.loops(node)) == 1:
            return
        if calls[0] is not node:
            return
        evidence = Evidence()
        evidence.require(
            Known.of(not half_built(name, loop, module)),
            f"nobody reads `{name.id}` after an exception in the loop",
        )
        yield module.finding(
            self,
            node,
            f"Inserting at the front of the list `{name.id}` moves all its items in every round.",
            evidence,
            title="Append, and reverse after the loop",
            edits=[
                *(_append(call, module) for call in calls),
                module.insert_after(loop, f"{name.id}.reverse()"),
            ],
        )


class SliceFrontInLoop(Rule):
    """``xs = xs[1:]`` in a ``while`` loop."""

    id = "slice-front-in-loop"
    about = About(
        summary="A sequence is copied in every round to drop its first item",
        before="""\
def total(numbers: list[int]) -> int:
    found = 0
    while numbers:
        number = numbers[0]
        numbers = numbers[1:]
        found += number
    return found
""",
        after="""\
from collections import deque
def total(numbers: list[int]) -> int:
    found = 0
    numbers_left = deque(numbers)
    while numbers_left:
        number = numbers_left[0]
        numbers_left.popleft()
        found += number
    return found
""",
        why="A slice copies every item that stays; a deque drops its first item and touches nothing else.",
        preconditions=(
            "it is a list, a tuple or a text, only asked for its ends, its length and its items in the loop",
            "it is not empty where an item is dropped, and is not used after the loop",
        ),
        references=("https://docs.python.org/3/library/collections.html#collections.deque",),
    )
    nodes = (ast.Assign,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At assignments of all but the first item of a sequence to its own name."""
        name = _drops_first(node)
        if name is None or not isinstance(node, ast.Assign):
            return
        loop = next(iter(module.loops(node)), None)
        if not isinstance(loop, ast.While) or not whole_local(name, module) or survives(name, loop, module):
            return
        region = module.flow.region(loop)
        bound = [binding.owner for binding in module.flow.bindings(name) if binding.node in region]
        if bound != [node]:
            return
        evidence = Evidence()
        edits = _as_deque(node, name, loop, module, evidence)
        if edits is None:
            return
        yield module.finding(
            self,
            node,
            f"`{name.id}` is copied in every round to drop its first item.",
            evidence,
            title="Take the items from a deque",
            edits=edits,
            imports=[Import("collections", "deque")],
        )


def _is_number(node: ast.expr | None, number: int) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == number


def _inserts_front(node: ast.AST | None) -> bool:
    return is_method(node, "insert", 2) and isinstance(node, ast.Call) and _is_number(node.args[0], 0)


def _filling_loop(name: ast.Name, node: ast.Call, module: Module) -> tuple[ast.stmt, list[ast.Call]] | None:
    """The outermost loop in which the list is only inserted into, and the calls that do."""
    bindings = fresh_lists(name, module)
    if not bindings or len(module.flow.bindings(name)) != 1:
        return None
    first = bindings[0]
    empty = (isinstance(first.value, ast.List) and not first.value.elts) or (
        isinstance(first.value, ast.Call)
        and not first.value.args
        and module.calls(first.value, "builtins.list")
    )
    chosen = None
    for loop in module.loops(node):
        if not isinstance(loop, (ast.For, ast.While)):
            break
        calls = _only_inserts(name, loop, module)
        if calls is None or not empty or not dominates(first.owner, loop, module):
            break
        chosen = (loop, calls)
    if chosen is None:
        return None
    # Only where the list begins empty in the block of the loop does the loop fill it once.
    block = module.block(chosen[0])
    if not any(part is first.owner for part in block):
        return None
    between = module.end(first.owner), module.start(chosen[0])
    if any(between[0] <= module.start(use) < between[1] for use in module.flow.uses(name)):
        return None
    return chosen


def _only_inserts(name: ast.Name, loop: ast.stmt, module: Module) -> list[ast.Call] | None:
    inside = set(walk(loop))
    calls: list[ast.Call] = []
    for use in module.flow.uses(name):
        if use not in inside:
            continue
        parent = module.parent(use)
        call = module.parent(parent) if isinstance(parent, ast.Attribute) else None
        if (
            not _inserts_front(call)
            or not isinstance(call, ast.Call)
            or not isinstance(module.parent(call), ast.Expr)
        ):
            return None
        if call.func is not parent or call not in module.flow.region(loop):  # type: ignore[arg-type]
            return None
        calls.append(call)
    return calls


def _append(call: ast.Call, module: Module) -> Edit | None:
    """``xs.insert(0, x)`` as ``xs.append(x)``."""
    name, put = call.func.value.id, call.args[1]  # type: ignore[attr-defined]
    return module.replace(call, f"{name}.append({module.text(put)})")


def _drops_first(node: ast.AST) -> ast.Name | None:
    """The name in ``name = name[1:]``."""
    if (
        not isinstance(node, ast.Assign)
        or len(node.targets) != 1
        or not isinstance(node.targets[0], ast.Name)
    ):
        return None
    value, name = node.value, node.targets[0]
    if not isinstance(value, ast.Subscript) or not same_name(value.value, name.id):
        return None
    part = value.slice
    if not isinstance(part, ast.Slice) or part.upper or part.step or not _is_number(part.lower, 1):
        return None
    return value.value  # type: ignore[return-value]


def _as_deque(
    node: ast.Assign, name: ast.Name, loop: ast.While, module: Module, evidence: Evidence
) -> list[Edit | None] | None:
    kind = begins_as(name, module, but=[node])
    known = (
        Known.UNKNOWN
        if kind is None
        else Known.YES
        if kind.name in ("list", "tuple", "str", "bytes")
        else Known.NO
    )
    if not evidence.require(known, f"`{name.id}` is a list, a tuple or a text"):
        return None
    evidence.require(module.flow.bound_before(name, loop), f"`{name.id}` has a value before the loop")
    evidence.require(
        Known.of(nonempty(name, module)), f"`{name.id}` is not empty where its first item is dropped"
    )
    left = module.fresh_name(node, f"{name.id}_left")
    region = module.flow.region(loop)
    made = module.imported("collections", "deque", at=node)
    edits: list[Edit | None] = [module.insert_before(loop, f"{left} = {made}({name.id})")]
    for use in module.flow.uses(name):
        if use not in region:
            continue
        if use is name:
            edits.append(module.replace(node, f"{left}.popleft()"))
        elif _suits_deque(use, kind.name if kind else "", module):
            parent = module.parent(use)
            if isinstance(parent, ast.Subscript):
                evidence.require(
                    Known.of(nonempty(use, module)), f"`{name.id}` is not empty where it is read"
                )
            edits.append(module.replace(use, left))
        else:
            return None
    return edits


def _suits_deque(use: ast.Name, kind: str, module: Module) -> bool:
    """Whether a use gives the same for a deque of the items: its ends, its length, its truth, its items."""
    parent = module.parent(use)
    if isinstance(parent, ast.Subscript):
        index = parent.slice
        last = (
            isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub) and _is_number(index.operand, 1)
        )
        return parent.value is use and isinstance(parent.ctx, ast.Load) and (last or _is_number(index, 0))
    if isinstance(parent, ast.Call):
        called = module.qualified(parent.func)
        return called in (
            "builtins.len",
            "builtins.sum",
            "builtins.sorted",
            "builtins.set",
        ) and parent.args == [use]
    if isinstance(parent, ast.comprehension):
        return reads_at_once(use, module)
    if isinstance(parent, ast.Compare):
        return (
            kind in ("list", "tuple")
            and len(parent.ops) == 1
            and isinstance(parent.ops[0], (ast.In, ast.NotIn))
            and parent.left is not use
        )
    return truth_only(use, module)
