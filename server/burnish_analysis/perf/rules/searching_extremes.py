"""Taking the greatest or smallest value out of a list again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.sorting import line_edit, total_order

__all__ = ["SelectionByExtreme"]


class SelectionByExtreme(Rule):
    """``while xs: m = max(xs); xs.remove(m); out.append(m)``."""

    id = "selection-by-extreme"
    about = About(
        summary="The greatest or smallest value is looked for, and removed, in every round of a loop",
        before="""\
def descending(values: list[int]) -> list[int]:
    left = list(values)
    ordered = []
    while left:
        best = max(left)
        left.remove(best)
        ordered.append(best)
    return ordered
""",
        after="""\
def descending(values: list[int]) -> list[int]:
    left = list(values)
    ordered = []
    ordered.extend(sorted(left, reverse=True))
    left.clear()
    return ordered
""",
        why="Every round reads the whole list twice; sorting once takes far fewer looks. Where values are added meanwhile, a heap serves.",
        preconditions=(
            "values are ordered without exception (no NaN), and equal ones cannot be told apart",
            "the two lists are not the same",
        ),
        references=("https://docs.python.org/3/library/heapq.html",),
    )
    nodes = (ast.Assign,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``m = max(xs)`` followed by ``xs.remove(m)`` in a loop."""
        if (
            not isinstance(node, ast.Assign)
            or len(node.targets) != 1
            or not isinstance(node.targets[0], ast.Name)
        ):
            return
        call = node.value
        if (
            not isinstance(call, ast.Call)
            or len(call.args) != 1
            or call.keywords
            or not isinstance(call.args[0], ast.Name)
        ):
            return
        if not module.calls(call, "builtins.min", "builtins.max") or not module.loops(node):
            return
        taken, source = node.targets[0], call.args[0]
        removal = next(
            (one for one in module.following(node) if _method(one, source.id, "remove", taken.id)), None
        )
        if removal is None or module.types.is_a(source, "list") is Known.NO:
            return
        evidence = Evidence()
        evidence.require(module.types.is_a(source, "list"), f"`{source.id}` is a `list`")
        kind = module.types.of(source)
        evidence.require(
            Known.of(total_order(kind.element if kind else None)),
            f"`{source.id}` holds values that are ordered without exception (no NaN)",
        )
        down = module.calls(call, "builtins.max")
        loop = module.parent(node)
        whole = _whole(loop, node, removal, source, taken, module)
        if whole is None or not isinstance(loop, ast.While):
            evidence.require(Known.UNKNOWN, "the loop can take its values from a sorted list or a heap")
            yield module.finding(self, node, _MESSAGE.format(source.id), evidence)
            return
        apart = (module.flow.private(whole) and whole.id != source.id) or module.flow.private(source)
        evidence.require(Known.of(apart), f"`{whole.id}` and `{source.id}` are not the same list")
        if not evidence.require(module.types.is_a(whole, "list"), f"`{whole.id}` is a `list`"):
            return
        text = (
            f"{whole.id}.extend(sorted({source.id}{', reverse=True' if down else ''}))\n{source.id}.clear()"
        )
        yield module.finding(
            self,
            loop,
            _MESSAGE.format(source.id),
            evidence,
            title="Sort once",
            edits=[line_edit(loop, text, module)],
        )


_MESSAGE = "Every round reads all of `{}` to find a value and again to remove it; sorting it once, or a heap, does not."


def _method(statement: ast.stmt, owner: str, name: str, argument: str) -> bool:
    return _method_owner(statement, name, argument) == owner


def _method_owner(statement: ast.stmt, name: str, argument: str) -> str:
    """The variable whose method ``name`` a statement calls with the variable ``argument``, or the empty text."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if (
        not isinstance(call, ast.Call)
        or call.keywords
        or len(call.args) != 1
        or not isinstance(call.func, ast.Attribute)
    ):
        return ""
    fits = call.func.attr == name and isinstance(call.args[0], ast.Name) and call.args[0].id == argument
    return call.func.value.id if fits and isinstance(call.func.value, ast.Name) else ""


def _whole(
    loop: ast.AST | None,
    node: ast.Assign,
    removal: ast.stmt,
    source: ast.Name,
    taken: ast.Name,
    module: Module,
) -> ast.Name | None:
    """The list that takes everything, where the loop does nothing else and its variable is not used afterwards."""
    if not isinstance(loop, ast.While) or loop.orelse or len(loop.body) != 3 or loop.body[0] is not node:
        return None
    if not isinstance(loop.test, ast.Name) or loop.test.id != source.id:
        return None
    region = module.flow.region(loop)
    if (
        any(use not in region for use in module.flow.uses(taken))
        or not module.flow.local(taken)
        or not module.flow.local(source)
    ):
        return None
    other = next(one for one in loop.body[1:] if one is not removal)
    owner = _method_owner(other, "append", taken.id)
    if not owner or owner == source.id or not isinstance(other, ast.Expr):
        return None
    method = other.value.func if isinstance(other.value, ast.Call) else None
    return method.value if isinstance(method, ast.Attribute) and isinstance(method.value, ast.Name) else None
