"""What the rules about joins share: the equality that two loops are joined by, and the table that answers it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from burnish_analysis.perf.facts.tables import IMMUTABLE
from burnish_analysis.perf.model import Evidence, Known
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.rules.hoisting import Hoist
from burnish_analysis.perf.rules.lookup_parts import (
    asked_for_names,
    iterated_again,
    names_in,
    plan_lookup,
    reflexive,
    short,
    total_key,
)
from burnish_analysis.perf.walking import walk

__all__ = [
    "Join",
    "find_join",
    "key_word",
    "leaks",
    "plan_join",
    "target_names",
]

_HANDFUL = 8
_FRESH_VIEWS = (
    "builtins.enumerate",
    "builtins.reversed",
    "builtins.zip",
    "builtins.sorted",
    "builtins.list",
    "builtins.range",
)


@dataclass(frozen=True, slots=True)
class Join:
    """``key(item) == wanted``: an equality between something of the inner loop's item and something that is the same for all items.

    Attributes:
        operand: the comparison. key: the side with the item. wanted, subtracted: the other side, and what is taken from it
            (``item + x == t`` is ``item == t - x``).
    """

    operand: ast.Compare
    key: ast.expr
    wanted: ast.expr
    subtracted: ast.expr | None = None

    def wanted_text(self, module: Module) -> str:
        """The other side, as it is looked up."""
        text = module.text(self.wanted)
        if self.subtracted is None:
            return text
        return f"{_atom(self.wanted, text)} - {_atom(self.subtracted, module.text(self.subtracted))}"


def _atom(node: ast.expr, text: str) -> str:
    simple = isinstance(node, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call))
    return text if simple else f"({text})"


def target_names(target: ast.expr) -> list[str]:
    """The names of a loop's target, a name or a flat tuple of names; empty for others."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return names if len(names) == len(parts) == len(set(names)) else []


def find_join(test: ast.expr, items: Iterable[str], module: Module) -> Join | None:
    """The equality that a test begins with (alone, or before ``and``)."""
    operand = test.values[0] if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else test
    if (
        not isinstance(operand, ast.Compare)
        or len(operand.ops) != 1
        or not isinstance(operand.ops[0], ast.Eq)
    ):
        return None
    own = set(items)
    sides = (operand.left, operand.comparators[0])
    for one, other in (sides, sides[::-1]):
        if names_in(other) & own or not names_in(one) & own:
            continue
        if _only(one, own, module):
            return Join(operand, one, other) if names_in(other) else None
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add):
            for key, rest in ((one.left, one.right), (one.right, one.left)):
                if (
                    names_in(key) & own
                    and _only(key, own, module)
                    and not names_in(rest) & own
                    and names_in(rest)
                ):
                    return Join(operand, key, other, rest)
    return None


def _only(node: ast.expr, own: set[str], module: Module) -> bool:
    return all(
        part.id in own or module.qualified(part) is not None
        for part in walk(node)
        if isinstance(part, ast.Name)
    ) and not isinstance(node, ast.Constant)


def key_word(key: ast.expr) -> str:
    """A word for what items are found by."""
    match key:
        case ast.Attribute():
            return key.attr
        case ast.Subscript(slice=ast.Constant(value=str(word))) if word.isidentifier():
            return word
        case ast.Name():
            return "value"
        case ast.Call(func=ast.Attribute(value=ast.expr() as value)) if not isinstance(value, ast.Name):
            return key_word(value)
    return "key"


def plan_join(
    join: Join,
    over: ast.expr,
    target: ast.expr,
    inner: Loop,
    module: Module,
    evidence: Evidence,
) -> Hoist | None:
    """Where the table can be made, with everything that must be shown for it; None where that is shown violated."""
    again = _again(over, module)
    if _few(over):
        return None
    kinds = [module.types.of(side) for side in (join.key, join.wanted, join.subtracted) if side is not None]
    if join.subtracted is None:
        equal = reflexive(kinds[0]) & reflexive(kinds[1])
    else:
        equal = (
            Known.NO
            if any(kind and kind.name not in ("int", "bool") for kind in kinds)
            else Known.of(all(kinds))
        )
    stays = Known.YES
    for side in (join.wanted, join.subtracted):
        if side is not None:
            stays &= module.flow.invariant(side, inner)
    if Known.NO in (again, equal, stays):
        return None
    total = total_key(join.key, module) & again
    hoist = plan_lookup(over, module, evidence, total, lambda spot: spot is over)
    if hoist is None or not _varies(join, hoist.loop, module):
        return None
    steady = _key_steady(join.key, target, hoist.loop, module)
    if steady is Known.NO or module.effects.pure(join.key) is Known.NO:
        return None
    text = short(module.text(over))
    evidence.require(again, f"`{text}` can be iterated over again")
    words = (
        "are whole numbers"
        if join.subtracted is not None
        else "are of types that are equal only where their hashes are"
    )
    evidence.require(
        equal, f"`{short(module.text(join.key))}` and `{short(join.wanted_text(module))}` {words}"
    )
    evidence.require(stays, f"`{short(join.wanted_text(module))}` stays the same in the inner loop")
    evidence.require(
        steady & module.effects.pure(join.key),
        f"`{short(module.text(join.key))}` stays the same while the loop runs",
    )
    evidence.require(
        total_key(join.key, module), f"everything in `{text}` has `{short(module.text(join.key))}`"
    )
    wanted = total_key(join.wanted, module)
    evidence.require(
        wanted, f"`{short(join.wanted_text(module))}` can be evaluated even if `{text}` is empty"
    )
    return hoist


def _few(over: ast.expr) -> bool:
    """Whether it is a handful of written values, or numbers."""
    if isinstance(over, (ast.List, ast.Tuple, ast.Set)):
        return len(over.elts) < _HANDFUL
    if not isinstance(over, ast.Call) or not isinstance(over.func, ast.Name) or over.func.id != "range":
        return False
    return all(isinstance(part, ast.Constant) for part in over.args)


def _varies(join: Join, loop: Loop, module: Module) -> bool:
    """Whether what is looked for changes from round to round; else it is the whole inner loop that never changes."""
    sides = [side for side in (join.wanted, join.subtracted) if side is not None]
    region = module.flow.region(loop)
    return any(
        module.flow.rebound(part, region)
        for side in sides
        for part in walk(side)
        if isinstance(part, ast.Name)
    )


def _again(over: ast.expr, module: Module) -> Known:
    if isinstance(over, ast.Call) and module.qualified(over.func) in _FRESH_VIEWS:
        known = Known.YES
        if module.qualified(over.func) != "builtins.range":
            for part in over.args:
                known &= _again(part, module)
        return known
    return iterated_again(over, module)


def _key_steady(key: ast.expr, target: ast.expr, loop: Loop, module: Module) -> Known:
    """Whether the items' keys stay the same while ``loop`` runs."""
    if isinstance(key, ast.Name) or (
        isinstance(target, ast.Name) and module.types.name(_use_of(target, key)) in IMMUTABLE
    ):
        return Known.YES
    attributes = {part.attr for part in walk(key) if isinstance(part, ast.Attribute)}
    known = Known.YES
    for part in module.flow.region(loop):
        if isinstance(part, ast.Attribute) and not isinstance(part.ctx, ast.Load) and part.attr in attributes:
            return Known.NO
        if isinstance(part, ast.Subscript) and not isinstance(part.ctx, ast.Load):
            known = Known.UNKNOWN
    return known & Known.of(not module.effects.unknown_calls(*module.flow.parts(loop)))


def _use_of(target: ast.Name, key: ast.expr) -> ast.AST:
    return next((part for part in walk(key) if isinstance(part, ast.Name) and part.id == target.id), target)


def leaks(
    names: Iterable[str], inner: ast.For | ast.comprehension, statement: ast.stmt, module: Module
) -> bool:
    """Whether a variable of the inner loop is used outside it, where it would have another value."""
    if isinstance(inner, ast.comprehension):
        return False
    if asked_for_names(module):
        return True
    region = module.flow.region(inner)
    scope = module.scope(inner).function
    for name in names:
        owner = module.scope(inner).find(name)
        if owner.function is not scope or any(
            name in other.declared for other in module.structure.inner.values() if other.parent is not None
        ):
            return True
        for use in owner.uses.get(name, ()):
            if module.scope(use).function is not owner.function:
                return True
            if use not in region and not _bound_again(use, inner, module) and _later(use, statement, module):
                return True
        if any(
            binding.node in region and binding.owner is not inner for binding in owner.bindings.get(name, ())
        ):
            return True
    return False


def _bound_again(use: ast.Name, inner: ast.For, module: Module) -> bool:
    """Whether another ``for`` around the use gives the variable its value."""
    child: ast.AST = use
    for outer in module.ancestors(use):
        if (
            isinstance(outer, ast.For)
            and outer is not inner
            and use.id in target_names(outer.target)
            and any(child is part for part in outer.body)
        ):
            return True
        child = outer
    return False


def _later(use: ast.Name, statement: ast.stmt, module: Module) -> bool:
    return module.start(use) >= module.start(statement) or any(
        use in module.flow.region(loop) for loop in module.loops(statement)
    )
