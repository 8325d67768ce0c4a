"""Sorting where less would do."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sizes import nonempty, rereadable
from burnish_analysis.perf.facts.types import Type
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["SortedFirst", "SortedSlice", "line_edit", "place_of", "total_order"]


def total_order(kind: Type | None) -> bool:
    """Whether values of a type are ordered without exception (no NaN), and equal ones cannot be told apart."""
    if kind is None:
        return False
    if kind.name == "tuple":
        return bool(kind.args) and all(total_order(arg) for arg in kind.args)
    return kind.name in ("int", "str", "bytes")


class _Sorted:
    """A call of ``sorted``: its values, key and direction."""

    def __init__(self, call: ast.Call, module: Module) -> None:
        self.values = call.args[0]
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        self.key = keywords.pop("key", None)
        reverse = keywords.pop("reverse", None)
        self.down = isinstance(reverse, ast.Constant) and reverse.value is True
        self.plain = not keywords and (
            reverse is None or (isinstance(reverse, ast.Constant) and isinstance(reverse.value, bool))
        )
        self.text = module.text(self.values) + (
            f", key={module.text(self.key)}" if self.key is not None else ""
        )


def _sorted(node: ast.AST, module: Module) -> _Sorted | None:
    if not isinstance(node, ast.Call) or len(node.args) != 1 or isinstance(node.args[0], ast.Starred):
        return None
    if not module.calls(node, "builtins.sorted"):
        return None
    found = _Sorted(node, module)
    return found if found.plain else None


def place_of(node: ast.expr) -> int | None:
    """The whole number that is written, such as an index."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = place_of(node.operand)
        return -inner if inner is not None else None
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class SortedFirst(Rule):
    """``sorted(xs)[0]``."""

    id = "sorted-first"
    about = About(
        summary="Everything is sorted to get the smallest or greatest value",
        before="""\
def cheapest(prices: list[int]) -> int:
    if not prices:
        return 0
    return sorted(prices)[0]
""",
        after="""\
def cheapest(prices: list[int]) -> int:
    if not prices:
        return 0
    return min(prices)
""",
        why="`min` and `max` look at every value once; sorting puts all of them in order first.",
        preconditions=(
            "there is at least one value (`min` raises another exception)",
            "values are ordered without exception (no NaN)",
            "for the last value: equal ones cannot be told apart (`sorted(xs)[-1]` is the last of them, `max` gives the first)",
        ),
    )
    nodes = (ast.Subscript,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sorted(…)[0]`` and ``sorted(…)[-1]``."""
        if (
            not isinstance(node, ast.Subscript)
            or not isinstance(node.value, ast.Call)
            or not isinstance(node.ctx, ast.Load)
        ):
            return
        place = place_of(node.slice)
        made = _sorted(node.value, module) if place in (0, -1) else None
        if made is None or isinstance(made.values, (ast.List, ast.Tuple, ast.Set, ast.Constant)):
            return
        name = "min" if (place == 0) is not made.down else "max"
        evidence = Evidence()
        kind = module.types.of(made.values)
        element = kind.element if kind is not None else None
        values = module.text(made.values)
        container = rereadable(made.values, module) is Known.YES  # an iterator is true even if it is empty
        known = nonempty(made.values, module.statement(node), module) & Known.of(container)
        evidence.require(
            known, f"`{values}` is not empty (else `{name}` raises ValueError instead of IndexError)"
        )
        if made.key is not None:
            whole = Known.of(module.qualified(made.key) == "builtins.len")
            evidence.require(whole, "the key orders the values without exception (no NaN)")
        else:
            evidence.require(
                Known.of(total_order(element)),
                f"`{values}` holds values that are ordered without exception (no NaN)",
            )
        if place == -1:
            same = made.key is None and total_order(element)
            evidence.require(
                Known.of(same), f"equal values cannot be told apart (`{name}` gives the first of them)"
            )
        if any(name in scope.bindings for scope in (module.scope(node).find(name),)):
            return
        text = f"{name}({made.text})"
        yield module.finding(
            self,
            node,
            f"Everything is sorted only to take one value; `{name}` finds it in one pass.",
            evidence,
            title=f"Use `{name}`",
            edits=[module.replace(node, text)],
        )


class SortedSlice(Rule):
    """``sorted(xs)[:k]``."""

    id = "sorted-slice"
    about = About(
        summary="Everything is sorted to get the few smallest or greatest values",
        before="""\
import heapq


def best(scores: list[int]) -> list[int]:
    return sorted(scores, reverse=True)[:5]
""",
        after="""\
import heapq


def best(scores: list[int]) -> list[int]:
    return heapq.nlargest(5, scores)
""",
        why="`heapq` keeps only the few best values while it reads the others once.",
        preconditions=("few values are asked for, of many",),
        references=("https://docs.python.org/3/library/heapq.html#heapq.nsmallest",),
    )
    nodes = (ast.Subscript,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sorted(…)[:k]``."""
        if (
            not isinstance(node, ast.Subscript)
            or not isinstance(node.slice, ast.Slice)
            or not isinstance(node.value, ast.Call)
        ):
            return
        cut = node.slice
        if cut.upper is None or cut.step is not None or not (cut.lower is None or place_of(cut.lower) == 0):
            return
        made = _sorted(node.value, module) if isinstance(node.ctx, ast.Load) else None
        count = place_of(cut.upper)
        if (
            made is None
            or (count is not None and not 1 < count <= 50)
            or isinstance(made.values, (ast.List, ast.Tuple, ast.Set, ast.Constant))
        ):
            return
        few = module.text(cut.upper)
        evidence = Evidence()
        evidence.require(Known.UNKNOWN, f"`{few}` is small beside the number of values")
        if count is None:
            if module.types.name(cut.upper) not in ("int", ""):
                return
            evidence.require(Known.UNKNOWN, f"`{few}` is a number that is not negative")
        if made.key is None:
            kind = module.types.of(made.values)
            element = kind.element if kind is not None else None
            evidence.require(
                Known.of(total_order(element)), "the values are ordered without exception (no NaN)"
            )
        name = "nlargest" if made.down else "nsmallest"
        written = module.imported("heapq", name, at=node)
        yield module.finding(
            self,
            node,
            f"Everything is sorted to take `{few}` values; `heapq.{name}` keeps only those.",
            evidence,
            title=f"Use `heapq.{name}`",
            edits=[module.replace(node, f"{written}({few}, {made.text})")],
            imports=[Import("heapq", name)],
        )


def line_edit(statement: ast.stmt, text: str, module: Module) -> Edit | None:
    """Put other lines in a statement's place, indented like it."""
    indent = module.indent(statement)
    if indent is None:
        return None
    return Edit(module.start(statement), module.end(statement), f"\n{indent}".join(text.split("\n")))
