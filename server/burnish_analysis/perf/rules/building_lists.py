"""Lists that are made anew to add or drop an item, and one-item lists made to be added."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from burnish_analysis.perf.facts.sequences import fresh_lists, reads_at_once, repeated, whole_local
from burnish_analysis.perf.facts.tables import MUTATORS
from burnish_analysis.perf.facts.writing import assigned, is_method, same_name
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["AddOneItem", "ListPlusInLoop", "SliceBackInLoop"]


class ListPlusInLoop(Rule):
    """``found = found + [x]`` in a loop, of a list that only this function has."""

    id = "list-plus-in-loop"
    about = About(
        summary="A list is made anew for every item",
        before="""\
def evens(numbers: list[int]) -> list[int]:
    found = []
    for number in numbers:
        if number % 2 == 0:
            found = found + [number]
    return found
""",
        after="""\
def evens(numbers: list[int]) -> list[int]:
    found = []
    for number in numbers:
        if number % 2 == 0:
            found.append(number)
    return found
""",
        why="`+` copies both lists into a new one, so a list that grows by it in a loop is copied in every round.",
        preconditions=(
            "the list is made in the function, and nothing else refers to it or goes through it while it grows",
            "what is added is a list",
        ),
    )
    nodes = (ast.Assign,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At assignments of a list and more to its own name."""
        if not isinstance(node, ast.Assign):
            return
        added = _added(node)
        if added is None or not module.loops(node):
            return
        name = node.targets[0]
        assert isinstance(name, ast.Name)  # _added asks for it
        known = _alone(name, node, module)
        if known is Known.NO:
            return
        evidence = Evidence()
        evidence.require(known, f"nothing else refers to the list `{name.id}`")
        if not isinstance(added, ast.List) and not evidence.require(
            module.types.is_a(added, "list"), f"`{module.text(added)}` is a list"
        ):
            return
        yield module.finding(
            self,
            node,
            f"The list `{name.id}` is copied in every round to make it longer; it can grow in place.",
            evidence,
            title="Let the list grow in place",
            edits=[module.replace(node, _grow(name.id, added, module))],
        )


class SliceBackInLoop(Rule):
    """``stack = stack[:-1]`` in a loop, of a list that only this function has."""

    id = "slice-back-in-loop"
    about = About(
        summary="A list is made anew to drop its last item",
        before="""\
def total(numbers: list[int]) -> int:
    stack = list(numbers)
    found = 0
    while stack:
        found += stack[-1]
        stack = stack[:-1]
    return found
""",
        after="""\
def total(numbers: list[int]) -> int:
    stack = list(numbers)
    found = 0
    while stack:
        found += stack[-1]
        del stack[-1:]
    return found
""",
        why="A slice copies every item that stays; taking the last one away in place touches nothing else.",
        preconditions=(
            "the list is made in the function, and nothing else refers to it or goes through it while it shrinks",
        ),
    )
    nodes = (ast.Assign,)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At assignments of all but the last items of a list to its own name."""
        if not isinstance(node, ast.Assign) or not _drops_last(node) or not module.loops(node):
            return
        name = node.targets[0]
        assert isinstance(name, ast.Name)  # _drops_last asks for it
        known = _alone(name, node, module)
        if known is Known.NO:
            return
        evidence = Evidence()
        evidence.require(known, f"nothing else refers to the list `{name.id}`")
        yield module.finding(
            self,
            node,
            f"The list `{name.id}` is copied in every round to drop its last item; it can shrink in place.",
            evidence,
            title="Drop the last item in place",
            edits=[module.replace(node, f"del {name.id}[-1:]")],
        )


class AddOneItem(Rule):
    """``xs += [x]``, ``xs.extend([x])``, ``s.update({x})`` or ``d.update({k: v})`` in a loop."""

    id = "add-one-item"
    about = About(
        summary="A container is made in every round to add its one item",
        before="""\
def doubled(numbers: list[int]) -> list[int]:
    found: list[int] = []
    for number in numbers:
        found += [number * 2]
    return found
""",
        after="""\
def doubled(numbers: list[int]) -> list[int]:
    found: list[int] = []
    for number in numbers:
        found.append(number * 2)
    return found
""",
        why="The container is made, gone through and thrown away for one item that can be added as it is.",
        preconditions=("what is added to is a list, set or dict",),
    )
    nodes = (ast.AugAssign, ast.Call)
    calls = ("extend", "update")
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At statements that add a literal of one item."""
        made = _one_item(node, module)
        if made is None or not module.loops(node):
            return
        statement = module.statement(node)
        yield module.finding(
            self,
            statement,
            "A container is made only to add the one item in it.",
            title="Add the item itself",
            edits=[module.replace(statement, made)],
        )


def _added(node: ast.Assign) -> ast.expr | None:
    """What ``name = name + added`` or ``name = [*name, added]`` adds, as a list."""
    if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return None
    name, value = node.targets[0].id, node.value
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and same_name(value.left, name):
        return value.right
    if not isinstance(value, ast.List) or len(value.elts) < 2 or not isinstance(value.elts[0], ast.Starred):
        return None
    return ast.List(value.elts[1:], ast.Load()) if same_name(value.elts[0].value, name) else None


def _grow(name: str, added: ast.expr, module: Module) -> str:
    if not isinstance(added, ast.List):
        return f"{name}.extend({module.text(added)})"
    if len(added.elts) == 1:
        only = added.elts[0]
        if isinstance(only, ast.Starred):
            return f"{name}.extend({module.text(only.value)})"
        return f"{name}.append({module.text(only)})"
    items = ", ".join(module.text(item) for item in added.elts)
    return f"{name}.extend([{items}])"


def _drops_last(node: ast.Assign) -> bool:
    """``name = name[:-1]``."""
    value = node.value
    if (
        len(node.targets) != 1
        or not isinstance(node.targets[0], ast.Name)
        or not isinstance(value, ast.Subscript)
    ):
        return False
    part = value.slice
    return (
        same_name(value.value, node.targets[0].id)
        and isinstance(part, ast.Slice)
        and part.lower is part.step is None
        and isinstance(part.upper, ast.UnaryOp)
        and isinstance(part.upper.op, ast.USub)
        and isinstance(part.upper.operand, ast.Constant)
        and type(part.upper.operand.value) is int
        and part.upper.operand.value == 1
    )


def _alone(name: ast.Name, statement: ast.Assign, module: Module) -> Known:
    """Whether making the list longer or shorter in place is the same as making it anew: nothing else refers to it."""
    if not whole_local(name, module):
        return Known.NO
    anew = [
        binding.owner
        for binding in module.flow.bindings(name)
        if isinstance(binding.owner, ast.Assign)
        and (_added(binding.owner) is not None or _drops_last(binding.owner))
    ]
    others = fresh_lists(name, module, but=anew)
    if not others or not repeated(statement, name, module, but=anew):
        return Known.NO
    known = Known.YES
    inside = {part for owner in anew for part in walk(owner)}
    for use in module.flow.uses(name):
        if use in inside and _is_own(use, module):
            continue
        known &= _leaves_alone(use, anew, module)
    return known


def _leaves_alone(use: ast.Name, anew: Sequence[ast.AST], module: Module) -> Known:
    """Whether a use neither keeps a reference to the list nor goes through it while it changes."""
    parent = module.parent(use)
    above = module.parent(parent) if isinstance(parent, ast.Tuple) else parent
    if isinstance(above, ast.Return):
        return Known.of(not _in_finally(use, module))
    if module.flow.mutates(use):
        return Known.YES
    if isinstance(parent, (ast.For, ast.AsyncFor, ast.GeneratorExp, ast.comprehension)):
        return Known.YES if _safely_read(use, anew, module) else Known.NO
    if _safely_read(use, anew, module):
        return Known.YES
    if isinstance(parent, ast.Call) and not _keeps(parent):
        return Known.UNKNOWN
    return Known.NO


def _keeps(call: ast.Call) -> bool:
    """Whether a call stores what it is given: ``found.append(name)``."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in MUTATORS


def _is_own(use: ast.Name, module: Module) -> bool:
    """Whether it is the ``name`` of ``name + …``, ``[*name, …]`` or ``name[:-1]`` that is given to ``name`` again."""
    made = module.parent(use)
    match made:
        case ast.BinOp():
            first = made.left is use
        case ast.Subscript():
            first = made.value is use
        case ast.Starred():
            first, made = True, module.parent(made)
        case _:
            return False
    return first and made is not None and isinstance(module.parent(made), ast.Assign)


def _safely_read(use: ast.Name, anew: Sequence[ast.AST], module: Module) -> bool:
    if not reads_at_once(use, module):
        return False
    for outer in module.ancestors(use):
        if isinstance(outer, (ast.For, ast.AsyncFor)) and any(part is use for part in walk(outer.iter)):
            region = module.flow.region(outer)
            return not any(owner in region for owner in anew)
    return True


def _in_finally(use: ast.AST, module: Module) -> bool:
    """Whether a ``finally`` may run between a ``return`` and its end."""
    return any(
        isinstance(outer, (ast.Try, ast.TryStar)) and outer.finalbody for outer in module.ancestors(use)
    )


def _one_item(node: ast.AST, module: Module) -> str | None:
    """The statement that adds the one item of a literal."""
    if isinstance(node, ast.AugAssign):
        if not isinstance(node.target, ast.Name):
            return None
        only = _only(node.value)
        if only is None:
            return None
        name, kind = node.target, module.types.of_name(node.target.id, module.scope(node.target))
        owner = kind.name if kind else ""
        if owner == "list" and isinstance(node.op, ast.Add) and isinstance(node.value, (ast.List, ast.Tuple)):
            return f"{name.id}.append({module.text(only)})"
        if owner == "set" and isinstance(node.op, ast.BitOr) and isinstance(node.value, ast.Set):
            return f"{name.id}.add({module.text(only)})"
        return None
    if not isinstance(node, ast.Call) or not isinstance(module.parent(node), ast.Expr):
        return None
    if is_method(node, "extend", 1) or is_method(node, "update", 1):
        return _one_added(node, module)
    return None


def _one_added(node: ast.Call, module: Module) -> str | None:
    name = node.func.value.id  # type: ignore[attr-defined]
    owner, given = module.types.name(node.func.value), node.args[0]  # type: ignore[attr-defined]
    only = _only(given)
    if node.func.attr == "extend":  # type: ignore[attr-defined]
        listed = owner in ("list", "collections.deque") and isinstance(given, (ast.List, ast.Tuple))
        return f"{name}.append({module.text(only)})" if listed and only is not None else None
    if owner == "set" and only is not None:
        return f"{name}.add({module.text(only)})"
    if owner == "dict" and isinstance(given, ast.Dict) and len(given.keys) == 1 and given.keys[0] is not None:
        key, value = given.keys[0], given.values[0]
        # A subscript's key is evaluated after the value.
        if isinstance(key, (ast.Name, ast.Constant)) and module.effects.pure(value) is Known.YES:
            return f"{name}[{module.text(key)}] = {assigned(value, module)}"
    return None


def _only(node: ast.expr) -> ast.expr | None:
    """The one item of a literal list, tuple or set."""
    if not isinstance(node, (ast.List, ast.Tuple, ast.Set)) or len(node.elts) != 1:
        return None
    return None if isinstance(node.elts[0], ast.Starred) else node.elts[0]
