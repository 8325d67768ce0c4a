"""Looking through what is sorted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.sorting import total_order
from burnish_analysis.perf.walking import walk

__all__ = ["CountInSorted"]


class CountInSorted(Rule):
    """``sum(1 for v in xs if v < x)`` of a sorted list."""

    id = "scan-of-sorted-list"
    about = About(
        summary="A sorted list is read to its end to find out how many values lie below or above another",
        before="""\
from bisect import bisect_left


def ranks(marks: list[int], asked: list[int]) -> list[int]:
    ordered = sorted(marks)
    return [sum(1 for mark in ordered if mark < value) for value in asked]
""",
        after="""\
from bisect import bisect_left


def ranks(marks: list[int], asked: list[int]) -> list[int]:
    ordered = sorted(marks)
    return [bisect_left(ordered, value) for value in asked]
""",
        why="In a sorted list `bisect` halves what is left with every look: 11 looks instead of 2000.",
        preconditions=(
            "the list is sorted where it is searched",
            "its values and what they are compared with are ordered (no NaN)",
        ),
        references=("https://docs.python.org/3/library/bisect.html",),
    )
    nodes = (ast.Call, ast.ListComp)
    calls = ("sum", "len")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At counts (``sum``, ``len``) and selections of a sorted list by one comparison."""
        made = _selection(node, module)
        if made is None or not isinstance(node, ast.expr):
            return
        over, test, counted = made
        bound = _bound(test, over)
        if bound is None:
            return
        operator, limit = bound
        known = _sorted_here(over.iter, node, module)
        if known is Known.NO or not isinstance(over.iter, ast.Name):
            return
        kind = module.types.of(over.iter)
        element = kind.element if kind is not None else None
        evidence = Evidence()
        evidence.require(known, f"`{over.iter.id}` is still sorted here")
        evidence.require(
            Known.of(total_order(element)),
            f"`{over.iter.id}` holds values that are ordered without exception (no NaN)",
        )
        other = module.types.of(limit)
        agree = (
            other is not None and element is not None and other.name == element.name and total_order(other)
        )
        evidence.require(Known.of(agree), f"`{module.text(limit)}` is of the same type")
        evidence.require(module.effects.pure(limit), f"`{module.text(limit)}` is the same for every value")
        evidence.require(
            module.effects.total(limit),
            f"`{module.text(limit)}` can be evaluated even if `{over.iter.id}` is empty",
        )
        if evidence.violated:
            return
        name = "bisect_left" if operator in (ast.Lt, ast.GtE) else "bisect_right"
        call = f"{module.imported('bisect', name, at=node)}({over.iter.id}, {module.text(limit)})"
        below = operator in (ast.Lt, ast.LtE)
        if counted:
            text = call if below else f"len({over.iter.id}) - {call}"
        else:
            text = f"{over.iter.id}[:{call}]" if below else f"{over.iter.id}[{call}:]"
        yield module.finding(
            self,
            node,
            f"`{over.iter.id}` is sorted; `bisect` finds the place without reading it all.",
            evidence,
            title="Find the place with `bisect`",
            edits=[module.replace(node, text)],
            imports=[Import("bisect", name)],
        )


def _selection(node: ast.AST, module: Module) -> tuple[ast.comprehension, ast.expr, bool] | None:
    """The loop, its test, and whether values are counted (else they are kept)."""
    if isinstance(node, ast.ListComp):
        parent = module.parent(node)
        if module.calls(parent, "builtins.len") if parent is not None else False:
            return None
        over = _single(node)
        kept = (
            over is not None
            and isinstance(node.elt, ast.Name)
            and isinstance(over.target, ast.Name)
            and node.elt.id == over.target.id
        )
        return (over, over.ifs[0], False) if over is not None and kept and len(over.ifs) == 1 else None
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    made = node.args[0]
    if isinstance(made, (ast.GeneratorExp, ast.ListComp)):
        over = _single(made)
        if over is None:
            return None
        if module.calls(node, "builtins.sum"):
            if not over.ifs and isinstance(made.elt, ast.Compare):
                return over, made.elt, True
            one = isinstance(made.elt, ast.Constant) and made.elt.value == 1 and type(made.elt.value) is int
            return (over, over.ifs[0], True) if one and len(over.ifs) == 1 else None
        if isinstance(made, ast.ListComp) and module.calls(node, "builtins.len") and len(over.ifs) == 1:
            return (over, over.ifs[0], True) if isinstance(made.elt, (ast.Name, ast.Constant)) else None
    return None


def _single(node: ast.GeneratorExp | ast.ListComp) -> ast.comprehension | None:
    over = node.generators[0]
    return (
        over
        if len(node.generators) == 1 and not over.is_async and isinstance(over.target, ast.Name)
        else None
    )


_MIRROR: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


def _bound(test: ast.expr, over: ast.comprehension) -> tuple[type[ast.cmpop], ast.expr] | None:
    """How values are compared with what: ``v < x`` or ``x > v``."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(over.target, ast.Name):
        return None
    left, right, operator = test.left, test.comparators[0], type(test.ops[0])
    if operator not in _MIRROR:
        return None
    name = over.target.id
    if isinstance(right, ast.Name) and right.id == name:
        left, right, operator = right, left, _MIRROR[operator]
    if (
        not isinstance(left, ast.Name)
        or left.id != name
        or any(isinstance(part, ast.Name) and part.id == name for part in walk(right))
    ):
        return None
    return (
        (operator, right) if isinstance(right, (ast.Name, ast.Constant, ast.Attribute, ast.BinOp)) else None
    )


def _sorted_here(node: ast.expr, at: ast.expr, module: Module) -> Known:
    """Whether a variable's list is certainly sorted at ``at``: NO where nothing suggests it."""
    if not isinstance(node, ast.Name) or not module.flow.local(node):
        return Known.NO
    bindings = module.flow.bindings(node)
    uses = module.flow.uses(node)
    changes = [use for use in uses if module.flow.mutates(use)]
    place = module.start(at)
    if len(bindings) == 1 and module.calls(bindings[0].value or node, "builtins.sorted"):
        value = bindings[0].value
        if (
            not isinstance(value, ast.Call)
            or value.keywords
            or changes
            or bindings[0].kind not in ("assign", "annotate")
        ):
            return Known.NO
        return Known.of(module.flow.private(node) and module.start(bindings[0].node) < place)
    sorts = [use for use in changes if _is_sort(use, module)]
    if len(sorts) != 1 or (
        len(changes) > 1 and any(module.start(use) > module.start(sorts[0]) for use in changes)
    ):
        return Known.NO
    statement = module.statement(sorts[0])
    around = {at, *module.ancestors(at)}
    before = any(part in around for part in module.block(statement)) and module.end(statement) <= place
    if not before or any(module.start(one.node) > module.start(statement) for one in bindings):
        return Known.NO
    looped = any(loop in module.loops(at) for loop in module.loops(statement))
    others = [use for use in changes if use is not sorts[0]]
    return Known.of(module.flow.private(node) and not (looped and others))


def _is_sort(use: ast.Name, module: Module) -> bool:
    method = module.parent(use)
    call = module.parent(method) if method is not None else None
    return (
        isinstance(method, ast.Attribute)
        and method.attr == "sort"
        and isinstance(call, ast.Call)
        and not call.args
        and not call.keywords
        and isinstance(module.parent(call), ast.Expr)
    )
