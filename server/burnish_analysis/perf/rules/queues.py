"""Lists that are used as queues: taking from and putting to the front moves everything behind it."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from burnish_analysis.perf.facts.fullness import nonempty
from burnish_analysis.perf.facts.sequences import fresh_lists, reads_at_once, repeated, whole_local
from burnish_analysis.perf.facts.writing import is_method
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.scopes import Binding

__all__ = ["PopFront", "QueueInsertFront"]

_NEVER_EMPTY = "`{0}` is never empty there (the text of the `IndexError` differs)"
_PRECONDITIONS = (
    "the list is made in the function and never leaves it",
    "it is not sliced, sorted, compared or indexed but at its ends",
    "it is not empty where an item is taken (the text of the `IndexError` differs)",
)
_REFERENCES = ("https://docs.python.org/3/library/collections.html#collections.deque",)


class _Queue(Rule):
    """A list of one function that a deque can be instead."""

    #: What moves everything, for the message.
    slow: ClassVar[str]

    @abstractmethod
    def _first(self, node: ast.AST, module: Module) -> ast.Name | None:
        """The list, where ``node`` is the first place that moves everything."""

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first of the places that move everything in the list."""
        name = self._first(node, module)
        if name is None or not repeated(node, name, module) or not whole_local(name, module):
            return
        evidence = Evidence()
        edits = _as_deque(name, module, evidence)
        if edits is None:
            return
        yield module.finding(
            self,
            node,
            f"{self.slow} the list `{name.id}` moves all others; a deque does not.",
            evidence,
            title=f"Make `{name.id}` a deque",
            edits=edits,
            imports=[Import("collections", "deque")],
        )


class PopFront(_Queue):
    """``xs.pop(0)`` or ``del xs[0]`` in a loop, of a list that nothing but one function sees."""

    id = "pop-front"
    about = About(
        summary="A list is emptied from its front",
        before="""\
def total(items: list[int]) -> int:
    queue = list(items)
    found = 0
    while queue:
        item = queue.pop(0)
        if item > 100:
            queue.append(item // 2)
        found += item
    return found
""",
        after="""\
from collections import deque
def total(items: list[int]) -> int:
    queue = deque(items)
    found = 0
    while queue:
        item = queue.popleft()
        if item > 100:
            queue.append(item // 2)
        found += item
    return found
""",
        why="`pop(0)` moves every item that stays by one place; a deque takes from both ends in the same short time.",
        preconditions=_PRECONDITIONS,
        references=_REFERENCES,
    )
    nodes = (ast.Call, ast.Delete)
    calls = ("pop",)
    slow = "Taking the first item of"

    def _first(self, node: ast.AST, module: Module) -> ast.Name | None:
        name = _taken(node)
        return name if name is not None and _first_taken(name, module) is name else None


class QueueInsertFront(_Queue):
    """``xs.insert(0, x)`` in a loop, of a list that is read or emptied meanwhile and that nothing but one function sees."""

    id = "queue-insert-front"
    about = About(
        summary="A list is filled at its front while it is emptied at its end",
        before="""\
def total(items: list[int]) -> int:
    queue = list(items)
    found = 0
    while queue:
        item = queue.pop()
        if item > 1:
            queue.insert(0, item // 2)
        found += item
    return found
""",
        after="""\
from collections import deque
def total(items: list[int]) -> int:
    queue = deque(items)
    found = 0
    while queue:
        item = queue.pop()
        if item > 1:
            queue.appendleft(item // 2)
        found += item
    return found
""",
        why="`insert(0, x)` moves every item by one place; a deque grows at both ends in the same short time.",
        preconditions=_PRECONDITIONS,
        references=_REFERENCES,
    )
    nodes = (ast.Call,)
    calls = ("insert",)

    slow = "Inserting at the front of"

    def _first(self, node: ast.AST, module: Module) -> ast.Name | None:
        """The list is taken from its end, too, and not from its front, which is the other rule's."""
        if not is_method(node, "insert", 2) or not isinstance(node, ast.Call) or not _is_zero(node.args[0]):
            return None
        name: ast.Name = node.func.value  # type: ignore[attr-defined]
        calls = [_called(use, module) for use in module.flow.uses(name)]
        if not any(is_method(call, "pop", 0) for call in calls) or any(_taken(call) for call in calls):
            return None
        first = next((use for use in module.flow.uses(name) if _inserts_front(use, module)), None)
        return name if first is name else None


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 0


def _taken(node: ast.AST | None) -> ast.Name | None:
    """The list of ``xs.pop(0)`` or ``del xs[0]``."""
    if is_method(node, "pop", 1) and isinstance(node, ast.Call) and _is_zero(node.args[0]):
        return node.func.value  # type: ignore[attr-defined, no-any-return]
    if isinstance(node, ast.Delete) and len(node.targets) == 1:
        target = node.targets[0]
        if (
            isinstance(target, ast.Subscript)
            and isinstance(target.value, ast.Name)
            and _is_zero(target.slice)
        ):
            return target.value
    return None


def _called(use: ast.Name, module: Module) -> ast.AST | None:
    """The call of a method of ``use``, if its parent is one, or the ``del`` of its item."""
    parent = module.parent(use)
    if isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Del):
        return module.parent(parent)
    above = module.parent(parent) if isinstance(parent, ast.Attribute) else None
    return above if isinstance(above, ast.Call) and above.func is parent else None


def _inserts_front(use: ast.Name, module: Module) -> bool:
    call = _called(use, module)
    return is_method(call, "insert", 2) and isinstance(call, ast.Call) and _is_zero(call.args[0])


def _first_taken(name: ast.Name, module: Module) -> ast.Name | None:
    """The first use that takes from the front in a loop."""
    for use in module.flow.uses(name):
        call = _called(use, module)
        if call is not None and _taken(call) is use and repeated(call, use, module):
            return use
    return None


def _as_deque(name: ast.Name, module: Module, evidence: Evidence) -> list[Edit | None] | None:
    """What makes a local list a deque, or None where some use of it needs a list."""
    bindings = fresh_lists(name, module)
    if not bindings:
        return None
    made = module.imported("collections", "deque", at=name)
    edits: list[Edit | None] = []
    for binding in bindings:
        changed = _make_deque(binding, made, module)
        if changed is None:
            return None
        edits += changed
    for use in module.flow.uses(name):
        adapted = _adapt(use, module, evidence)
        if adapted is None:
            return None
        edits += adapted
    return edits


def _make_deque(binding: Binding, made: str, module: Module) -> list[Edit | None] | None:
    """Edits of the statement that makes the list; None where its annotation cannot be changed."""
    value, owner = binding.value, binding.owner
    assert value is not None  # fresh_lists asks for it
    edits: list[Edit | None] = []
    if isinstance(owner, ast.AnnAssign):
        said = owner.annotation.value if isinstance(owner.annotation, ast.Subscript) else owner.annotation
        if module.qualified(said) not in ("builtins.list", "typing.List"):
            return None
        edits.append(Edit(module.start(said), module.end(said), made))
    if (
        isinstance(value, ast.List)
        and not value.elts
        and not module.comments_in(module.start(value), module.end(value))
    ):
        return [*edits, Edit(module.start(value), module.end(value), f"{made}()")]
    if module.calls(value, "builtins.list") and isinstance(value, ast.Call):
        return [*edits, Edit(module.start(value.func), module.end(value.func), made)]
    start, end = module.start(value), module.end(value)
    return [*edits, Edit(start, start, f"{made}("), Edit(end, end, ")")]


def _adapt(use: ast.Name, module: Module, evidence: Evidence) -> list[Edit | None] | None:
    """Edits that one use needs; None where a deque will not do."""
    parent = module.parent(use)
    if isinstance(parent, ast.Attribute):
        return _adapt_method(use, module, evidence)
    if isinstance(parent, ast.Subscript):
        return _adapt_item(use, parent, module, evidence)
    if isinstance(parent, ast.Compare):
        membership = isinstance(parent.ops[-1], (ast.In, ast.NotIn)) and parent.comparators[-1] is use
        return [] if membership and parent.left is not use and len(parent.ops) == 1 else None
    if isinstance(parent, ast.Call):
        read = reads_at_once(use, module) and parent.args[:1] == [use]
        return [] if read and module.qualified(parent.func) not in ("builtins.str", "builtins.repr") else None
    if isinstance(parent, (ast.For, ast.comprehension)):
        rebound = module.flow.rebound(use, module.flow.region(parent))
        changed = rebound or any(
            module.flow.mutates(other)
            for other in module.flow.uses(use)
            if other in module.flow.region(parent)
        )
        return [] if reads_at_once(use, module) and not changed else None
    if isinstance(parent, (ast.UnaryOp, ast.If, ast.While, ast.IfExp, ast.BoolOp, ast.Assert, ast.Starred)):
        fine = not isinstance(parent, ast.UnaryOp) or isinstance(parent.op, ast.Not)
        return [] if fine and reads_at_once(use, module) else None
    return None


def _adapt_method(use: ast.Name, module: Module, evidence: Evidence) -> list[Edit | None] | None:
    call = _called(use, module)
    if not isinstance(call, ast.Call):
        return None
    method = call.func.attr  # type: ignore[attr-defined]
    if any(
        is_method(call, *known)
        for known in (("append", 1), ("extend", 1), ("clear", 0), ("count", 1), ("reverse", 0))
    ):
        return []
    if is_method(call, "pop", 0):
        evidence.require(Known.of(nonempty(use, module)), _NEVER_EMPTY.format(use.id))
        return []
    if _taken(call) is use:
        evidence.require(Known.of(nonempty(use, module)), _NEVER_EMPTY.format(use.id))
        return [module.replace(call, f"{use.id}.popleft()")]
    if is_method(call, "insert", 2) and _is_zero(call.args[0]):
        attribute = call.func
        put = call.args[1]
        if module.comments_in(module.start(call), module.start(put)):
            return None
        return [
            Edit(
                module.start(attribute),
                module.start(put),
                f"{use.id}.appendleft({_opening(put, call, module)}",
            )
        ]
    if is_method(call, "remove", 1):
        evidence.require(
            Known.UNKNOWN, f"`{use.id}` holds what is removed (the text of the `ValueError` differs)"
        )
        return []
    return None if method else []


def _opening(put: ast.expr, call: ast.Call, module: Module) -> str:
    """The parentheses that stand open before the second argument, the call's own apart."""
    between = module.source[module.end(call.args[0]) : module.start(put)]
    return "(" * between.count("(")


def _adapt_item(
    use: ast.Name, item: ast.Subscript, module: Module, evidence: Evidence
) -> list[Edit | None] | None:
    """``xs[0]`` and ``xs[-1]`` are read alike, ``del xs[0]`` is ``popleft``."""
    index = item.slice
    first = _is_zero(index)
    last = (
        isinstance(index, ast.UnaryOp)
        and isinstance(index.op, ast.USub)
        and isinstance(index.operand, ast.Constant)
    )
    last = last and index.operand.value == 1 and type(index.operand.value) is int  # type: ignore[attr-defined]
    if item.value is not use or not (first or last):
        return None
    if isinstance(item.ctx, ast.Load):
        evidence.require(Known.of(nonempty(use, module)), _NEVER_EMPTY.format(use.id))
        return []
    deletion = module.parent(item)
    if not isinstance(deletion, ast.Delete) or len(deletion.targets) > 1:
        return None
    evidence.require(Known.of(nonempty(use, module)), _NEVER_EMPTY.format(use.id))
    taken = "popleft" if first else "pop"
    return [Edit(module.start(deletion), module.end(deletion), f"{use.id}.{taken}()")]
