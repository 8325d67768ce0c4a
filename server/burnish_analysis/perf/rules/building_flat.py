"""Lists of lists that are joined by adding one after the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.writing import is_call, small
from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["SumOfLists"]


class SumOfLists(Rule):
    """``sum(lists, [])``, ``sum(tuples, ())`` and ``reduce(add, lists, [])``."""

    id = "sum-of-lists"
    about = About(
        summary="Lists are joined by `sum`",
        before="""\
def flat(rows: list[list[int]]) -> list[int]:
    return sum(rows, [])
""",
        after="""\
from itertools import chain
def flat(rows: list[list[int]]) -> list[int]:
    return list(chain.from_iterable(rows))
""",
        why="Every addition copies what was joined so far; `chain` goes through each item once.",
        preconditions=("what is joined are lists (or tuples, for `()`)",),
        references=("https://docs.python.org/3/library/itertools.html#itertools.chain.from_iterable",),
    )
    nodes = (ast.Call,)
    calls = ("sum", "reduce")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sum`` and ``reduce`` that begin with an empty list or tuple."""
        if not isinstance(node, ast.Call) or not 1 <= len(node.args) <= 3:
            return
        found = _joined(node, module)
        if found is None or isinstance(found[0], ast.Starred):
            return
        source, begin = found
        if small(source, module) or not isinstance(begin, (ast.List, ast.Tuple)) or begin.elts:
            return
        function = "list" if isinstance(begin, ast.List) else "tuple"
        kind = module.types.of(source)
        element = kind.element if kind else None
        evidence = Evidence()
        known = Known.UNKNOWN if element is None else Known.YES if element.name == function else Known.NO
        if not evidence.require(known, f"`{module.text(source)}` holds {function}s"):
            return
        chain = module.imported("itertools", "chain", at=node)
        given = module.text(source)
        if isinstance(source, ast.GeneratorExp) and given.startswith("("):
            given = given[1:-1]
        yield module.finding(
            self,
            node,
            "Every addition copies what was joined so far; a chain goes through each item once.",
            evidence,
            title="Chain them",
            edits=[module.replace(node, f"{function}({chain}.from_iterable({given}))")],
            imports=[Import("itertools", "chain")],
        )


def _joined(node: ast.Call, module: Module) -> tuple[ast.expr, ast.expr] | None:
    """What is joined, and what it begins with."""
    if module.calls(node, "builtins.sum"):
        if is_call(node, module, "builtins.sum", 2):
            return node.args[0], node.args[1]
        named = len(node.args) == 1 and len(node.keywords) == 1 and node.keywords[0].arg == "start"
        return (node.args[0], node.keywords[0].value) if named else None
    if not is_call(node, module, "functools.reduce", 3):
        return None
    function = node.args[0]
    if module.qualified(function) in ("operator.add", "operator.concat"):
        return node.args[1], node.args[2]
    return (node.args[1], node.args[2]) if _adds(function) else None


def _adds(function: ast.expr) -> bool:
    """``lambda a, b: a + b``."""
    if not isinstance(function, ast.Lambda) or len(function.args.args) != 2 or function.args.defaults:
        return False
    one, other = (argument.arg for argument in function.args.args)
    body = function.body
    return (
        isinstance(body, ast.BinOp)
        and isinstance(body.op, ast.Add)
        and isinstance(body.left, ast.Name)
        and isinstance(body.right, ast.Name)
        and (body.left.id, body.right.id) == (one, other)
    )
