"""The text of a loop from which something was taken out, and what makes that worth trying."""

from __future__ import annotations

import ast

from burnish_analysis.perf.model import Edit, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.parentheses import stands_alone
from burnish_analysis.perf.rules.hoisting import Hoist
from burnish_analysis.perf.walking import walk

__all__ = ["base_name", "kept_local", "moved", "plausible", "searched"]

_AGGREGATES = ("min", "max", "sorted", "sum", "tuple", "list", "set", "frozenset", "dict", "len")


def plausible(node: ast.expr, module: Module) -> bool:
    """Whether an expression may be the same each time: it calls nothing unknown, but for the views of a dictionary."""
    for part in walk(node):
        if isinstance(part, ast.Call) and module.effects.call(part) is not Known.YES:
            view = (
                isinstance(part.func, ast.Attribute)
                and part.func.attr in ("values", "keys", "items")
                and not part.args
            )
            if not view:
                return False
    return True


def searched(node: ast.expr, module: Module) -> bool:
    """Whether a value is looked up in it, so that the rules on membership have more to say."""
    parent = module.parent(node)
    return (
        isinstance(parent, ast.Compare)
        and parent.left is not node
        and all(isinstance(operator, (ast.In, ast.NotIn)) for operator in parent.ops)
    )


def kept_local(spot: ast.expr, module: Module) -> bool:
    """``ys = sorted(xs)`` where ``ys`` is only read."""
    parent = module.parent(spot)
    if (
        not isinstance(parent, ast.Assign)
        or len(parent.targets) != 1
        or not isinstance(parent.targets[0], ast.Name)
    ):
        return False
    target = parent.targets[0]
    return (
        module.flow.local(target)
        and len(module.flow.bindings(target)) == 1
        and all(
            module.flow.only_reads(use) and module.function(use) is module.function(spot)
            for use in module.flow.uses(target)
        )
    )


def moved(hoist: Hoist, text: str, fresh: str, module: Module) -> list[Edit | None]:
    """The edits that evaluate ``text`` before the loop: the whole assignment is moved where that is the same, else a name is made."""
    lines = _indented_less(text, hoist, module)
    if lines is None:
        return [None]
    if len(hoist.spots) == 1:
        whole = _whole_assignment(hoist, module)
        removal = module.delete(whole) if whole is not None else None
        if whole is not None and removal is not None and isinstance(whole.targets[0], ast.Name):
            return [module.insert_before(hoist.statement, f"{whole.targets[0].id} = {lines}"), removal]
    return [
        module.insert_before(hoist.statement, f"{fresh} = {lines}"),
        *(module.replace(spot, fresh) for spot in hoist.spots),
    ]


def _indented_less(text: str, hoist: Hoist, module: Module) -> str | None:
    """Text of several lines as the value of an assignment, without the indentation of its statement; None where a line may be
    inside a string."""
    lines = text.splitlines()
    if len(lines) == 1:
        return text
    spot = hoist.spots[0]
    strings = (part for part in walk(spot) if isinstance(part, (ast.Constant, ast.JoinedStr)))
    if any(part.end_lineno != part.lineno for part in strings):
        return None
    indent = module.indent(module.statement(spot))
    if indent is None or not all(line.startswith(indent) or not line.strip() for line in lines[1:]):
        return None
    made = "\n".join([lines[0], *(line.removeprefix(indent) for line in lines[1:])])
    return made if stands_alone(made) else f"({made})"


def _whole_assignment(hoist: Hoist, module: Module) -> ast.Assign | None:
    spot = hoist.spots[0]
    parent = module.parent(spot)
    if (
        not isinstance(parent, ast.Assign)
        or len(parent.targets) != 1
        or not isinstance(parent.targets[0], ast.Name)
    ):
        return None
    target = parent.targets[0]
    if len(module.flow.bindings(target)) != 1 or not module.flow.local(target):
        return None
    after = frozenset(module.walk(*module.following(parent)))
    used = all(use in after for use in module.flow.uses(target))
    return parent if used and parent in module.flow.region(hoist.loop) else None


def base_name(node: ast.expr) -> str:
    """A word for what an expression reads, for the name of a new variable."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return base_name(node.func.value)
    for part in walk(node):
        if isinstance(part, ast.Attribute):
            return part.attr
        if isinstance(part, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
            return base_name(part.generators[0].iter)
        if isinstance(part, ast.Name) and part.id not in _AGGREGATES:
            return part.id
    return "values"
