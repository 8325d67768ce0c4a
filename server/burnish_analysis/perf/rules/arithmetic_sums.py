"""Sums of ever longer beginnings of a list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.numbers import at_least, counter_of
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.rules.hoisting import plan
from burnish_analysis.perf.walking import walk

__all__ = ["PrefixSums"]


class PrefixSums(Rule):
    """``sum(xs[:i])`` in a loop over ``i``."""

    id = "prefix-sums"
    about = About(
        summary="The beginning of a list is summed up again in every round of a loop",
        before="""\
from itertools import accumulate


def running(values: list[int]) -> list[int]:
    return [sum(values[: place + 1]) for place in range(len(values))]
""",
        after="""\
from itertools import accumulate


def running(values: list[int]) -> list[int]:
    sums = [0, *accumulate(values)]
    return [sums[place + 1] for place in range(len(values))]
""",
        why="Each round adds up all values again; `accumulate` gives every sum in one pass.",
        preconditions=(
            "the list does not change while the loop runs",
            "it holds whole numbers",
            "the index stays within the list",
        ),
        references=("https://docs.python.org/3/library/itertools.html#itertools.accumulate",),
    )
    nodes = (ast.Call,)
    calls = ("sum",)
    repeated = True

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sum`` of a slice of a list, in a loop."""
        name = _summed(node, module)
        if name is None or not module.loops(node):
            return
        evidence = Evidence()
        fresh = module.fresh_name(node, "sums", f"{name.id}_sums")
        hoist = plan(
            name,
            module,
            evidence,
            lambda _loop: _whole_numbers(name, module),
            lambda spot: _beginning(spot, fresh, module) is not None,
        )
        if hoist is None or module.types.name(name) not in ("list", "tuple", ""):
            return
        evidence.require(module.types.is_a(name, "list", "tuple"), f"`{name.id}` is a list")
        evidence.require(
            _whole_numbers(name, module),
            f"`{name.id}` holds whole numbers, whose sums do not depend on the order",
        )
        accumulate = module.imported("itertools", "accumulate", at=node)
        edits = [module.insert_before(hoist.statement, f"{fresh} = [0, *{accumulate}({name.id})]")]
        for spot in hoist.spots:
            made = _beginning(spot, fresh, module)
            assert made is not None
            call, text, shown = made
            shown &= _counted_inside(call, hoist.loop, module)
            evidence.require(shown, "the places lie within the list, in order")
            edits.append(module.replace(call, text))
        yield module.finding(
            self,
            node,
            f"The values of `{name.id}` are added up again in every round; `accumulate` gives all these sums in one pass.",
            evidence,
            title="Add them up once, with `accumulate`",
            edits=edits,
            imports=[Import("itertools", "accumulate")],
        )


def _counted_inside(call: ast.Call, loop: Loop, module: Module) -> Known:
    """Whether the counters in the slice count in the loop (or inside), through which the list stays the same."""
    cut = call.args[0]
    ends = (
        [end for end in (cut.slice.lower, cut.slice.upper) if end]
        if isinstance(cut, ast.Subscript) and isinstance(cut.slice, ast.Slice)
        else []
    )
    for name in (part for end in ends for part in walk(end) if isinstance(part, ast.Name)):
        counted = counter_of(name, call, module)
        if counted is None or (counted[0] is not loop and counted[0] not in module.flow.region(loop)):
            return Known.UNKNOWN
    return Known.YES


def _summed(node: ast.AST, module: Module) -> ast.Name | None:
    """``xs`` of ``sum(xs[:i])``."""
    if (
        not isinstance(node, ast.Call)
        or len(node.args) != 1
        or node.keywords
        or not isinstance(node.args[0], ast.Subscript)
    ):
        return None
    cut = node.args[0]
    if (
        not isinstance(cut.slice, ast.Slice)
        or cut.slice.step is not None
        or not isinstance(cut.value, ast.Name)
    ):
        return None
    if all(part is None or isinstance(part, ast.Constant) for part in (cut.slice.lower, cut.slice.upper)):
        return None
    return cut.value if module.calls(node, "builtins.sum") else None


def _whole_numbers(name: ast.Name, module: Module) -> Known:
    kind = module.types.of(name)
    if kind is None or kind.element is None:
        return Known.UNKNOWN
    return Known.of(kind.element.name == "int")


def _beginning(spot: ast.expr, sums: str, module: Module) -> tuple[ast.Call, str, Known] | None:
    """The call around ``xs`` in ``sum(xs[a:b])``, the difference of ``sums`` that gives the same, and whether the places are shown to
    fit."""
    cut = module.parent(spot)
    call = module.parent(cut) if cut is not None else None
    if (
        call is None
        or _summed(call, module) is not spot
        or not isinstance(cut, ast.Subscript)
        or not isinstance(cut.slice, ast.Slice)
    ):
        return None
    assert isinstance(call, ast.Call) and isinstance(spot, ast.Name)
    lower, upper = cut.slice.lower, cut.slice.upper
    if any(isinstance(part, ast.Call) for end in (lower, upper) if end is not None for part in walk(end)):
        return None
    fits = Known.YES
    for end in (lower, upper):
        if end is not None:
            fits &= _within(end, spot, module)
    last = f"{sums}[{module.text(upper)}]" if upper is not None else f"{sums}[-1]"
    if lower is None:
        return call, last, fits
    if upper is not None:
        fits = Known.UNKNOWN
    return call, f"{last} - {sums}[{module.text(lower)}]", fits


def _within(end: ast.expr, values: ast.Name, module: Module) -> Known:
    """Whether a place is certainly between 0 and the length: a counter over the list, or one more."""
    more = 0
    if (
        isinstance(end, ast.BinOp)
        and isinstance(end.op, ast.Add)
        and isinstance(end.right, ast.Constant)
        and end.right.value == 1
    ):
        end, more = end.left, 1
    if not isinstance(end, ast.Name):
        return Known.UNKNOWN
    counted = counter_of(end, values, module)
    if counted is None:
        return Known.UNKNOWN
    loop = counted[0]
    call = loop.iter
    if not isinstance(call, ast.Call) or at_least(end, 0, values, module) is not Known.YES:
        return Known.UNKNOWN
    if module.calls(call, "builtins.enumerate"):
        return Known.of(module.same(call.args[0], values))
    top = call.args[0] if len(call.args) == 1 else call.args[1]
    if (
        more == 0
        and isinstance(top, ast.BinOp)
        and isinstance(top.op, ast.Add)
        and isinstance(top.right, ast.Constant)
        and top.right.value == 1
    ):
        top = top.left
    fits = (
        isinstance(top, ast.Call)
        and module.calls(top, "builtins.len")
        and len(top.args) == 1
        and module.same(top.args[0], values)
    )
    return Known.of(fits)
