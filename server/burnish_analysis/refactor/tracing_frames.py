"""Where a step of a function stands: its ways out, what its names stand for, and which variables its callers still need."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.dataflow import Locals, Names, own_nodes

__all__ = ["Frame", "Function", "Then", "handed_back", "live_here"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Goes on with a value's text, and gives the state in which that begins.
Then = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A function's frame.

    Attributes:
        returned, broke, continued: where ways out lead. values: what names stand for. depth: of helpers in helpers.
        live: variables that the callers still need. function, statement: where the present step stands.
    """

    returned: Then
    broke: int = 0
    continued: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0
    live: Names = frozenset()
    function: Function | None = None
    statement: ast.stmt | None = None


def live_here(module: Module, frame: Frame, call: ast.Call) -> Names:
    """The caller's variables that are read after a call, in its own statement or later."""
    if frame.function is None or frame.statement is None:
        return frozenset()
    variables = Locals(module, frame.function)
    normal, lost = variables.live_after([frame.statement])
    inside = frozenset() if _is_whole(frame.statement, call) else variables.reads(frame.statement)
    return normal | lost | inside


def handed_back(statement: ast.stmt | None, call: ast.Call, function: Function) -> Names:
    """The helper's variables whose values the call puts into variables of the same names, by every ``return``."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or not _is_whole(statement, call):
        return frozenset()
    targets = _names(statement.targets[0])
    returns = [node for node in own_nodes(*function.body) if isinstance(node, ast.Return)]
    if not returns or not isinstance(function.body[-1], ast.Return):
        return frozenset()
    found = set(targets)
    for node in returns:
        names = _names(node.value) if node.value is not None else []
        found &= {
            one
            for one, other in zip(targets, names, strict=False)
            if one == other and len(names) == len(targets)
        }
    return frozenset(found) - {""}


def _names(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
    return [part.id if isinstance(part, ast.Name) else "" for part in parts]


def _is_whole(statement: ast.stmt, call: ast.Call) -> bool:
    value = (
        getattr(statement, "value", None)
        if isinstance(statement, (ast.Assign, ast.Expr, ast.Return))
        else None
    )
    return value is call or (isinstance(value, ast.Await) and value.value is call)
