"""Variables that are not needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import whole_local
from burnish_analysis.perf.facts.survival import survives
from burnish_analysis.perf.facts.writing import names
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.branching import alone_on_lines
from burnish_analysis.refactor.model import Refactoring

__all__ = ["SwapVariables", "UnusedLocal"]

_PLAIN = frozenset({"str", "bytes", "int", "bool", "float", "complex", "NoneType"})


class SwapVariables(Refactoring):
    """``t = a``, ``a = b``, ``b = t``."""

    id = "swap-variables"
    about = About(
        summary="Two values change places through a third variable",
        before="""\
def ordered(low, high):
    if low > high:
        kept = low
        low = high
        high = kept
    return low, high
""",
        after="""\
def ordered(low, high):
    if low > high:
        low, high = high, low
    return low, high
""",
        why="One statement says what is done, and no name is left behind.",
        preconditions=("the third variable is not used otherwise",),
    )
    nodes = (ast.Assign,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the first of the three assignments."""
        assert isinstance(node, ast.Assign)
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            return
        kept = node.targets[0]
        following = module.following(node)[:2]
        if len(following) != 2:
            return
        second, third = (_plain(statement) for statement in following)
        if second is None or third is None or not isinstance(third[1], ast.Name) or third[1].id != kept.id:
            return
        one, other = second
        if not module.same(node.value, one) or not module.same(other, third[0]) or module.same(one, other):
            return
        if not whole_local(kept, module) or kept.id in names(one, other):
            return
        if survives(kept, following[1], module):
            return
        evidence = Evidence()
        if not _independent(one, other, evidence, module):
            return
        if not all(alone_on_lines(part, module) for part in (node, *following)):
            return
        left, right = module.text(one), module.text(other)
        yield module.finding(
            self,
            node,
            f"`{left}` and `{right}` change places through `{kept.id}`.",
            evidence,
            title="Swap them in one statement",
            edits=[Edit(module.start(node), module.end(following[1]), f"{left}, {right} = {right}, {left}")],
            until=following[1],
        )


def _plain(statement: ast.stmt) -> tuple[ast.expr, ast.expr] | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.targets[0], statement.value
    return None


def _independent(one: ast.expr, other: ast.expr, evidence: Evidence, module: Module) -> bool:
    """Whether reading both before storing either, in the other order, makes no difference."""
    if isinstance(one, ast.Name) and isinstance(other, ast.Name):
        return True
    for part in (one, other):
        if isinstance(part, ast.Name):
            return False
        pure = module.effects.pure(part)
        if not evidence.require(pure, f"reading `{module.text(part)}` has no effects"):
            return False
    shown = all(
        isinstance(part, ast.Subscript)
        and isinstance(part.value, ast.Name)
        and module.types.name(part.value) == "list"
        and module.types.name(part.slice) == "int"
        for part in (one, other)
    )
    evidence.require(
        Known.of(shown), f"`{module.text(one)}` and `{module.text(other)}` are items of a list, and plain"
    )
    return not evidence.violated


class UnusedLocal(Refactoring):
    """``x = 0`` that nobody reads."""

    id = "unused-local"
    about = About(
        summary="A variable is set and never read",
        before="""\
def total(prices: list[int]) -> int:
    found = 0
    rate = 1.2
    for price in prices:
        found += price
    return found
""",
        after="""\
def total(prices: list[int]) -> int:
    found = 0
    for price in prices:
        found += price
    return found
""",
        why="What is not used need not be read.",
        preconditions=("what it is set to has no effects and cannot fail",),
    )
    nodes = (ast.Assign,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the assignment."""
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name) or target.id.startswith("_"):
            return
        if module.flow.uses(target) or not whole_local(target, module):
            return
        if any(binding.kind not in ("assign", "annotate") for binding in module.flow.bindings(target)):
            return
        evidence = Evidence()
        text = module.text(node.value)
        if module.effects.pure(node.value) is not Known.YES:
            return
        evidence.require(module.effects.total(node.value), f"`{text}` cannot fail")
        evidence.require(
            Known.of(module.types.name(node.value) in _PLAIN),
            f"nothing depends on how long the value of `{text}` is kept",
        )
        yield module.finding(
            self,
            node,
            f"`{target.id}` is set and never read.",
            evidence,
            title="Take the assignment away",
            edits=[_gone(node, module)],
        )


def _gone(node: ast.stmt, module: Module) -> Edit | None:
    """Take a statement away, or leave ``pass`` where it is alone."""
    if len(module.block(node)) == 1:
        return Edit(module.start(node), module.end(node), "pass")
    return module.delete(node)
