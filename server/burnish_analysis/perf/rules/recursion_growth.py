"""How fast the calls of a recursive function grow in number."""

from __future__ import annotations

import ast

from burnish_analysis.perf.module import Module

__all__ = ["grows"]

#: Not everything inside these is evaluated.
_CHOOSING = (
    ast.BoolOp,
    ast.IfExp,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.If,
    ast.While,
    ast.Compare,
)


def grows(node: ast.FunctionDef, calls: list[ast.Call], module: Module) -> bool:
    """Whether calls nested hundreds deep would never have ended: each makes two more, of one number made a little smaller."""
    order = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    smaller = [
        {
            place
            for place, part in enumerate(call.args)
            if isinstance(part, ast.BinOp)
            and isinstance(part.op, ast.Sub)
            and isinstance(part.left, ast.Name)
            and place < len(order)
            and part.left.id == order[place]
            and isinstance(part.right, ast.Constant)
            and part.right.value in (1, 2, 3)
        }
        for call in calls
    ]
    places = set.intersection(*smaller)
    if not places or not _ends(node, order[min(places)]):
        return False
    if len(set.union(*[_stepped(call) for call in calls])) > 1:
        return False
    return all(any(other is not one and _always_both(one, other, module) for other in calls) for one in calls)


def _ends(node: ast.FunctionDef, name: str) -> bool:
    """Whether a test such as ``n < 2`` ends the calls for whatever number they begin with."""
    first = next((part for part in node.body if not isinstance(part, ast.Expr)), None)
    test = first.test if isinstance(first, ast.If) else None
    if isinstance(first, ast.Return) and isinstance(first.value, ast.IfExp):
        test = first.value.test
    if (
        not isinstance(test, ast.Compare)
        or len(test.ops) != 1
        or not isinstance(test.ops[0], (ast.Lt, ast.LtE))
    ):
        return False
    return (
        isinstance(test.left, ast.Name)
        and test.left.id == name
        and isinstance(test.comparators[0], ast.Constant)
    )


def _stepped(call: ast.Call) -> set[int]:
    return {place for place, part in enumerate(call.args) if isinstance(part, ast.BinOp)}


def _always_both(one: ast.Call, other: ast.Call, module: Module) -> bool:
    """Whether whatever makes one call makes the other."""
    if module.statement(one) is not module.statement(other):
        return False
    paths = [[start, *module.ancestors(start)] for start in (one, other)]
    shared = next(part for part in paths[0] if part in paths[1])
    apart = [part for path in paths for part in path[: path.index(shared)]]
    return not any(isinstance(part, _CHOOSING) for part in (shared, *apart))
