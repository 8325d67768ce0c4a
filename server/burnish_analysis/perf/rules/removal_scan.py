"""Items that are deleted while a list is gone through by index."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.survival import survives
from burnish_analysis.perf.facts.writing import is_call, is_method, same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.removal import IN_PLACE, negated, pure_condition, unseen
from burnish_analysis.perf.walking import walk

__all__ = ["DeleteWhileScanning"]


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
        why=IN_PLACE,
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
        if not pure_condition(choice.test, None, module, evidence):
            return
        if not _item_compared(choice.test, name.id, index.id, module):
            unseen(name, node, choice.test, module, evidence)
        yield module.finding(
            self,
            node,
            f"Each deletion moves what is behind it in `{name.id}`; one pass can keep the others.",
            evidence,
            title="Keep the others in one pass",
            edits=[
                module.delete(begin),
                module.replace(node, f"{name.id}[:] = [{item} for {item} in {name.id} if {negated(test)}]"),
            ],
        )


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
    one = (
        isinstance(step, ast.AugAssign)
        and isinstance(step.op, ast.Add)
        and same_name(step.target, index.id)
        and isinstance(step.value, ast.Constant)
        and type(step.value.value) is int
        and step.value.value == 1
    )
    return (begin, index, name, choice) if one and _deletion(choice.body[0], name.id, index.id) else None


def _deletion(statement: ast.stmt, name: str, index: str) -> bool:
    """``del xs[i]`` or ``xs.pop(i)``."""
    if isinstance(statement, ast.Delete) and len(statement.targets) == 1:
        target = statement.targets[0]
        return (
            isinstance(target, ast.Subscript)
            and same_name(target.value, name)
            and same_name(target.slice, index)
        )
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
    for part in walk(test):
        if (
            isinstance(part, ast.Subscript)
            and same_name(part.value, name.id)
            and same_name(part.slice, index.id)
        ):
            edits.append(Edit(module.start(part), module.end(part), item))
            taken |= {part.value, part.slice}
        elif isinstance(part, ast.Name) and part.id in (name.id, index.id) and part not in taken:
            return None
    start = module.start(test)
    text = module.source[start : module.end(test)]
    for edit in sorted(edits, key=lambda edit: -edit.start):
        text = text[: edit.start - start] + edit.text + text[edit.end - start :]
    return text if edits and module.readable(test) else None


def _item_compared(test: ast.expr, name: str, index: str, module: Module) -> bool:
    """Whether a condition compares only the item, which is there, with names and constants of a type that it compares with."""
    if isinstance(test, ast.BoolOp):
        return all(_item_compared(part, name, index, module) for part in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _item_compared(test.operand, name, index, module)

    def harmless(part: ast.expr) -> bool:
        item = (
            isinstance(part, ast.Subscript) and same_name(part.value, name) and same_name(part.slice, index)
        )
        return item or isinstance(part, (ast.Name, ast.Constant))

    if not isinstance(test, ast.Compare):
        return harmless(test)
    parts = [test.left, *test.comparators]
    kinds = {module.types.name(part) for part in parts}
    ordered = kinds <= {"int", "float", "bool"} or kinds == {"str"}
    by_identity = all(isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)) for op in test.ops)
    compared = all(isinstance(op, (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for op in test.ops)
    return all(harmless(part) for part in parts) and (by_identity or (ordered and compared))
