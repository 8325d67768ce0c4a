"""Items that are taken out of a list one by one: each time all that stand behind move."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import (
    half_built,
    is_call,
    is_method,
    loop_target_survives,
    plain_equality,
    same_name,
    survives,
    whole_local,
)
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["DeleteWhileScanning", "RemoveEach", "RemoveInLoop"]

_IN_PLACE = "An item that is taken out moves all behind it; one pass that keeps the others touches each item once."


class RemoveInLoop(Rule):
    """``for x in xs[:]:`` with ``if condition: xs.remove(x)``."""

    id = "repeated-remove"
    about = About(
        summary="Items are removed from a list one by one",
        before="""\
def without_short(words: list[str]) -> None:
    for word in words[:]:
        if len(word) < 4:
            words.remove(word)
""",
        after="""\
def without_short(words: list[str]) -> None:
    words[:] = [word for word in words if not (len(word) < 4)]
""",
        why="`remove` searches the list from its beginning and then moves every item behind the place. " + _IN_PLACE,
        preconditions=(
            "the items are texts, bytes or whole numbers, and the condition depends on the item's value alone",
            "the condition has no effects and does not look at the list",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops over a copy of a list that only remove."""
        if not isinstance(node, ast.For):
            return
        found = _removing(node, module)
        if found is None or loop_target_survives(node, module):
            return
        name, test = found
        item = node.target
        assert isinstance(item, ast.Name)  # _removing asks for it
        evidence = Evidence()
        if not evidence.require(module.types.is_a(name, "list"), f"`{name.id}` is a list"):
            return
        kind = module.types.of(name)
        element = kind.element if kind else None
        alike = plain_equality(element) & Known.of(
            element is not None and (element.name in ("str", "bytes") or _compares_only(test))
        )
        evidence.require(alike, f"equal items of `{name.id}` are kept or removed together")
        if not _pure_condition(test, name, item.id, module, evidence):
            return
        _unseen(name, node, test, module, evidence)
        yield module.finding(
            self,
            node,
            f"Each `remove` searches `{name.id}` and moves what is behind; one pass can keep the others.",
            evidence,
            title="Keep the others in one pass",
            edits=[module.replace(node, _kept(name.id, item.id, test, module))],
        )


class RemoveEach(Rule):
    """``while x in xs: xs.remove(x)``, also for each of some values."""

    id = "remove-each"
    about = About(
        summary="A value is searched and removed until the list has none",
        before="""\
def without_blanks(lines: list[str]) -> None:
    while "" in lines:
        lines.remove("")
""",
        after="""\
def without_blanks(lines: list[str]) -> None:
    lines[:] = [item for item in lines if item != ""]
""",
        why="Every round searches the list twice from its beginning and moves what is behind. " + _IN_PLACE,
        preconditions=("the list holds texts, bytes or whole numbers, and so is what is removed",),
    )
    nodes = (ast.While,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``while`` loops whose test is the membership and whose body is the removal."""
        if not isinstance(node, ast.While):
            return
        found = _removes_all(node, module)
        if found is None:
            return
        name, value = found
        evidence = Evidence()
        if not evidence.require(module.types.is_a(name, "list"), f"`{name.id}` is a list"):
            return
        kind = module.types.of(name)
        evidence.require(
            plain_equality(kind.element if kind else None, module.types.of(value)),
            f"the items of `{name.id}` and `{module.text(value)}` are texts, bytes or whole numbers",
        )
        item = module.fresh_name(node, "item")
        yield module.finding(
            self,
            node,
            f"`{name.id}` is searched twice in every round; one pass can keep the others.",
            evidence,
            title="Keep the others in one pass",
            edits=[module.replace(node, f"{name.id}[:] = [{item} for {item} in {name.id} if {item} != {module.text(value)}]")],
        )


class DeleteWhileScanning(Rule):
    """``while i < len(xs):`` with ``del xs[i]`` or ``i += 1``."""

    id = "delete-while-scanning"
    about = About(
        summary="Items are deleted from a list while it is gone through by index",
        before="""\
def without_negative(numbers: list[int]) -> None:
    i = 0
    while i < len(numbers):
        if numbers[i] < 0:
            del numbers[i]
        else:
            i += 1
""",
        after="""\
def without_negative(numbers: list[int]) -> None:
    numbers[:] = [item for item in numbers if not (item < 0)]
""",
        why=_IN_PLACE,
        preconditions=(
            "the condition has no effects, cannot raise and asks only for the item",
            "the index is not used afterwards",
        ),
    )
    nodes = (ast.While,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``while`` loops that begin with an index of 0."""
        if not isinstance(node, ast.While):
            return
        found = _scanning(node, module)
        if found is None:
            return
        begin, index, name, choice = found
        if survives(index, node, module):
            return
        item = module.fresh_name(node, "item")
        test = _with_item(choice.test, name, index, item, module)
        if test is None:
            return
        evidence = Evidence()
        if not evidence.require(module.types.is_a(name, "list"), f"`{name.id}` is a list"):
            return
        if not _pure_condition(choice.test, None, item, module, evidence):
            return
        if not _item_compared(choice.test, name.id, index.id, module):
            _unseen(name, node, choice.test, module, evidence)
        yield module.finding(
            self,
            node,
            f"Each deletion moves what is behind it in `{name.id}`; one pass can keep the others.",
            evidence,
            title="Keep the others in one pass",
            edits=[
                module.delete(begin),
                module.replace(node, f"{name.id}[:] = [{item} for {item} in {name.id} if not ({test})]"),
            ],
        )


def _copied(node: ast.expr, module: Module) -> ast.Name | None:
    """The list of ``xs[:]``, ``list(xs)``, ``xs.copy()`` or ``tuple(xs)``."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Slice):
        whole = node.slice.lower is node.slice.upper is node.slice.step is None
        return node.value if whole else None
    if is_method(node, "copy", 0):
        return node.func.value  # type: ignore[attr-defined, no-any-return]
    if is_call(node, module, "builtins.list") or is_call(node, module, "builtins.tuple"):
        given = node.args[0]  # type: ignore[attr-defined]
        return given if isinstance(given, ast.Name) else None
    return None


def _removal(statement: ast.stmt, name: str, item: str) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        is_method(call, "remove", 1)
        and isinstance(call, ast.Call)
        and same_name(call.func.value, name)  # type: ignore[attr-defined]
        and same_name(call.args[0], item)
    )


def _removing(node: ast.For, module: Module) -> tuple[ast.Name, ast.expr] | None:
    """The list and the condition of ``for x in xs[:]: if condition: xs.remove(x)``."""
    name = _copied(node.iter, module)
    if name is None or not isinstance(node.target, ast.Name) or node.orelse or len(node.body) != 1:
        return None
    choice = node.body[0]
    if not isinstance(choice, ast.If) or choice.orelse or len(choice.body) != 1 or name.id == node.target.id:
        return None
    return (name, choice.test) if _removal(choice.body[0], name.id, node.target.id) else None


def _removes_all(node: ast.While, module: Module) -> tuple[ast.Name, ast.expr] | None:
    test = node.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.In):
        return None
    name, value = test.comparators[0], test.left
    if not isinstance(name, ast.Name) or not isinstance(value, (ast.Name, ast.Constant)):
        return None
    if node.orelse or len(node.body) != 1 or not isinstance(node.body[0], ast.Expr):
        return None
    call = node.body[0].value
    if not is_method(call, "remove", 1) or not isinstance(call, ast.Call):
        return None
    same = same_name(call.func.value, name.id) and module.same(call.args[0], value)  # type: ignore[attr-defined]
    return (name, value) if same and not same_name(value, name.id) else None


def _scanning(node: ast.While, module: Module) -> tuple[ast.stmt, ast.Name, ast.Name, ast.If] | None:
    """The parts of ``i = 0``, ``while i < len(xs): if …: del xs[i] else: i += 1``."""
    begin = module.previous(node)
    test = node.test
    if (
        not isinstance(begin, ast.Assign)
        or len(begin.targets) != 1
        or not isinstance(begin.targets[0], ast.Name)
        or not isinstance(begin.value, ast.Constant)
        or type(begin.value.value) is not int
        or begin.value.value != 0
        or node.orelse
        or len(node.body) != 1
        or not isinstance(test, ast.Compare)
        or len(test.ops) != 1
        or not isinstance(test.ops[0], (ast.Lt, ast.NotEq))
    ):
        return None
    index, counted, choice = begin.targets[0], test.comparators[0], node.body[0]
    if not same_name(test.left, index.id) or not is_call(counted, module, "builtins.len"):
        return None
    name = counted.args[0]  # type: ignore[attr-defined]
    if not isinstance(name, ast.Name) or not isinstance(choice, ast.If):
        return None
    if len(choice.body) != 1 or len(choice.orelse) != 1:
        return None
    step = choice.orelse[0]
    one = isinstance(step, ast.AugAssign) and isinstance(step.op, ast.Add) and same_name(step.target, index.id)
    one = one and isinstance(step.value, ast.Constant) and type(step.value.value) is int and step.value.value == 1  # type: ignore[attr-defined]
    return (begin, index, name, choice) if one and _deletion(choice.body[0], name.id, index.id) else None


def _deletion(statement: ast.stmt, name: str, index: str) -> bool:
    """``del xs[i]`` or ``xs.pop(i)``."""
    if isinstance(statement, ast.Delete) and len(statement.targets) == 1:
        target = statement.targets[0]
        return isinstance(target, ast.Subscript) and same_name(target.value, name) and same_name(target.slice, index)
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        is_method(call, "pop", 1)
        and isinstance(call, ast.Call)
        and same_name(call.func.value, name)  # type: ignore[attr-defined]
        and same_name(call.args[0], index)
    )


def _with_item(test: ast.expr, name: ast.Name, index: ast.Name, item: str, module: Module) -> str | None:
    """The text of a condition with ``item`` for ``xs[i]``; None where it asks for the list or the index otherwise."""
    edits: list[Edit] = []
    taken: set[ast.AST] = set()
    for part in ast.walk(test):
        if isinstance(part, ast.Subscript) and same_name(part.value, name.id) and same_name(part.slice, index.id):
            edits.append(Edit(module.start(part), module.end(part), item))
            taken |= {part.value, part.slice}
        elif isinstance(part, ast.Name) and part.id in (name.id, index.id) and part not in taken:
            return None
    start, text = module.start(test), module.text(test)
    for edit in sorted(edits, key=lambda edit: -edit.start):
        text = text[: edit.start - start] + edit.text + text[edit.end - start :]
    return text if edits and module.readable(test) else None


def _compares_only(test: ast.expr) -> bool:
    """Whether a condition sees no difference between ``1`` and ``True``: comparisons and arithmetic of names and constants."""
    allowed = (ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Name, ast.Constant, ast.operator, ast.unaryop,
               ast.boolop, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.expr_context)  # fmt: skip
    return all(isinstance(part, allowed) for part in ast.walk(test))


def _pure_condition(
    test: ast.expr, name: ast.Name | None, item: str, module: Module, evidence: Evidence
) -> bool:
    """Whether asking a condition once for every item is the same: it has no effects and does not see the list."""
    if name is not None and any(same_name(part, name.id) for part in ast.walk(test)):
        return False
    if any(isinstance(part, (ast.Lambda, ast.NamedExpr, ast.Await)) for part in ast.walk(test)):
        return False
    return evidence.require(module.effects.pure(test), f"`{module.text(test)}` has no effects")


def _item_compared(test: ast.expr, name: str, index: str, module: Module) -> bool:
    """Whether a condition compares only the item, which is there, with names and constants of a type that it compares with."""
    if isinstance(test, ast.BoolOp):
        return all(_item_compared(part, name, index, module) for part in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _item_compared(test.operand, name, index, module)

    def harmless(part: ast.expr) -> bool:
        item = isinstance(part, ast.Subscript) and same_name(part.value, name) and same_name(part.slice, index)
        return item or isinstance(part, (ast.Name, ast.Constant))

    if not isinstance(test, ast.Compare):
        return harmless(test)
    parts = [test.left, *test.comparators]
    kinds = {module.types.name(part) for part in parts}
    ordered = kinds <= {"int", "float", "bool"} or kinds == {"str"}
    by_identity = all(isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)) for op in test.ops)
    compared = all(isinstance(op, (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for op in test.ops)
    return all(harmless(part) for part in parts) and (by_identity or (ordered and compared))


def _unseen(name: ast.Name, loop: ast.stmt, test: ast.expr, module: Module, evidence: Evidence) -> None:
    """An exception of the condition leaves the list half done: it must be impossible, or nobody may see the list."""
    own = whole_local(name, module) and module.flow.private(name) and not half_built(name, loop, module)
    evidence.require(Known.of(own) if own else module.effects.total(test), f"`{module.text(test)}` cannot raise")


def _kept(name: str, item: str, test: ast.expr, module: Module) -> str:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        operand = module.text(test.operand)
        simple = isinstance(test.operand, (ast.Name, ast.Call, ast.Attribute, ast.Subscript))
        return f"{name}[:] = [{item} for {item} in {name} if {operand if simple else f'({operand})'}]"
    return f"{name}[:] = [{item} for {item} in {name} if not ({module.text(test)})]"
