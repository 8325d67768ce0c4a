"""What rules about building and consuming sequences ask: who sees a variable, when, and whether a list holds something."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from burnish_analysis.perf.facts.types import Type
from burnish_analysis.perf.model import Known

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module
    from burnish_analysis.perf.scopes import Binding, Scope

__all__ = [
    "begins_as",
    "dominates",
    "fresh_lists",
    "half_built",
    "ordered_plainly",
    "plain_equality",
    "private_until",
    "reads_at_once",
    "repeated",
    "truth_only",
    "whole_local",
]

#: Functions that are done with an iterable when they return.
_CONSUMING = frozenset(
    f"builtins.{name}" for name in (
        "all", "any", "bool", "dict", "frozenset", "len", "list", "max", "min", "repr", "set", "sorted", "str", "sum", "tuple",
    )
) | {"collections.Counter", "collections.deque"}  # fmt: skip
_LAZY = frozenset({"builtins.enumerate", "builtins.zip", "builtins.reversed"})
_FRAME = ("locals", "vars", "eval", "exec", "dir")
#: Types of which equal values cannot be told apart by what they are in plain code, and of which each value equals itself.
_PLAIN = frozenset({"str", "bytes", "int", "bool", "NoneType"})


def whole_local(name: ast.Name, module: Module) -> bool:
    """Whether a variable belongs to one function and nothing but that function's own code (comprehensions included) sees it.

    A generator expression that is not used up at once reads it at any time, and so counts as somebody else.
    """
    owner = module.flow.owner(name)
    known = _WHOLE.setdefault(module, {})
    key = owner, name.id
    if key not in known:
        known[key] = _whole_local(name.id, owner, module)
    return known[key]


_WHOLE: WeakKeyDictionary[Module, dict[tuple[Scope, str], bool]] = WeakKeyDictionary()


def _whole_local(name: str, owner: Scope, module: Module) -> bool:
    if owner.kind != "function" or name in owner.declared or name not in owner.bindings:
        return False
    uses = owner.uses.get(name, ())
    if any(module.scope(use).function is not owner or _in_generator(use, module) for use in uses):
        return False
    if any(module.scope(binding.node).function is not owner for binding in owner.bindings[name]):
        return False
    root = owner.module
    return not any(
        module.scope(use).function is owner for frame in _FRAME for use in root.uses.get(frame, ())
    )


def dominates(statement: ast.AST, use: ast.AST, module: Module) -> bool:
    """Whether a statement stands before ``use`` in a block that ``use`` is in, so that reaching ``use`` in it means having passed it."""
    above = module.parent(statement)
    inner = use
    for outer in module.ancestors(use):
        if outer is above:
            return (
                isinstance(statement, ast.stmt)
                and isinstance(inner, ast.stmt)
                and any(part is inner for part in module.block(statement))
                and module.end(statement) <= module.start(inner)
            )
        inner = outer
    return False


def half_built(name: ast.Name, statement: ast.stmt, module: Module) -> bool:
    """Whether code of the function may see the variable after an exception left ``statement`` halfway.

    That is so inside ``try`` (or ``with``, which may swallow it) if the variable lives on outside that block.
    """
    inner: ast.AST = statement
    for outer in module.ancestors(statement):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return False
        if isinstance(outer, (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)) and isinstance(inner, ast.stmt):
            block = module.block(inner)
            start, end = module.start(block[0]), module.end(block[-1])
            if any(not start <= module.start(use) < end for use in module.flow.uses(name)):
                return True
            if module.loops(outer) and any(
                not start <= module.start(binding.node) < end for binding in module.flow.bindings(name)
            ):
                return True
        inner = outer
    return False


def repeated(node: ast.AST, name: ast.Name, module: Module, but: Iterable[ast.AST] = ()) -> bool:
    """Whether a loop runs ``node`` again and again for one object: no binding of the variable, ``but`` some, is in the innermost loop."""
    loops = module.loops(node)
    if not loops:
        return False
    region = module.flow.region(loops[0])
    kept = set(but)
    return not any(
        binding.node in region and binding.owner not in kept for binding in module.flow.bindings(name)
    )


def reads_at_once(use: ast.Name, module: Module) -> bool:
    """Whether a use reads the object and is done with it when the expression is: nothing that refers to it is left."""
    parent = module.parent(use)
    match parent:
        case ast.Call():
            if parent.func is use:
                return False
            called = module.qualified(parent.func)
            if called in _LAZY:
                return _consumed(parent, module)
            if called in ("builtins.min", "builtins.max") and len(parent.args) > 1:
                return False
            return called in _CONSUMING
        case ast.comprehension():
            owner = module.parent(parent)
            return not isinstance(owner, ast.GeneratorExp) or _consumed(owner, module)
        case ast.For() | ast.AsyncFor():
            return parent.iter is use
        case ast.BoolOp() | ast.IfExp():
            return _tested(use, module)
    return module.flow.only_reads(use) and not _in_generator(use, module)


def _in_generator(use: ast.AST, module: Module) -> bool:
    """Whether a generator expression that is not consumed at once reads it later."""
    for outer in module.ancestors(use):
        if isinstance(outer, ast.stmt):
            return False
        if isinstance(outer, ast.GeneratorExp) and not _consumed(outer, module):
            return True
    return False


def _consumed(made: ast.AST, module: Module) -> bool:
    """Whether an iterator is used up on the spot: by a ``for``, a comprehension or a function that consumes."""
    parent = module.parent(made)
    if isinstance(parent, ast.For):
        return parent.iter is made
    if isinstance(parent, ast.comprehension):
        owner = module.parent(parent)
        return not isinstance(owner, ast.GeneratorExp) or _consumed(owner, module)
    if isinstance(parent, ast.Call) and parent.func is not made:
        if isinstance(parent.func, ast.Attribute) and parent.func.attr == "join":
            return module.types.name(parent.func.value) in ("str", "bytes")
        called = module.qualified(parent.func)
        return called in _CONSUMING or (called in _LAZY and _consumed(parent, module))
    return False


def _tested(node: ast.AST, module: Module) -> bool:
    """Whether only the truth of a value is used."""
    parent = module.parent(node)
    match parent:
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            return parent.test is node
        case ast.UnaryOp():
            return isinstance(parent.op, ast.Not)
        case ast.BoolOp():
            return _tested(parent, module)
        case ast.comprehension():
            return any(part is node for part in parent.ifs)
    return False


def truth_only(use: ast.AST, module: Module) -> bool:
    """Whether only the truth of a value is used (``while xs and …``)."""
    return _tested(use, module)


# Values ----------------------------------------------------------------------------------------------------------------


def plain_equality(*kinds: Type | None) -> Known:
    """Whether values compare as whole numbers and texts do: by value, each equal to itself."""
    return Known.of(all(kind is not None and kind.name in _PLAIN for kind in kinds))


def ordered_plainly(kind: Type | None) -> Known:
    """Whether values of a type have one total order, in which equal ones cannot be told apart."""
    if kind is None:
        return Known.UNKNOWN
    if kind.name == "tuple" and kind.args:
        return Known.of(all(ordered_plainly(part) is Known.YES for part in kind.args))
    return Known.of(kind.name in ("str", "bytes", "int"))


def private_until(name: ast.Name, statement: ast.stmt, module: Module) -> bool:
    """Whether, until ``statement`` ends, nothing but this function's own code can reach the list that a variable holds."""
    if not whole_local(name, module) or not fresh_lists(name, module):
        return False
    ends = module.end(statement)
    around = module.loops(statement)
    for use in module.flow.uses(name):
        earlier = module.start(use) < ends or any(use in module.flow.region(loop) for loop in around)
        if earlier and not (reads_at_once(use, module) or module.flow.mutates(use)):
            return False
    return True


def begins_as(name: ast.Name, module: Module, but: Iterable[ast.AST] = ()) -> Type | None:
    """The type that every binding of a variable gives it, ``but`` those by some statements, which keep it."""
    kept = set(but)
    found: Type | None = None
    for binding in module.flow.bindings(name):
        if binding.owner in kept:
            continue
        kind = module.types.of_binding(binding)
        if kind is None or (found is not None and found.name != kind.name):
            return None
        found = kind
    return found


def fresh_lists(name: ast.Name, module: Module, but: Iterable[ast.AST] = ()) -> list[Binding] | None:
    """The bindings of a variable, ``but`` those by some statements, if each is a single assignment of a list made on the spot."""
    kept = set(but)
    found = []
    for binding in module.flow.bindings(name):
        if binding.owner in kept:
            continue
        owner = binding.owner
        if isinstance(owner, ast.AugAssign) and isinstance(owner.op, ast.Add):
            continue  # in place
        if binding.kind not in ("assign", "annotate") or binding.value is None:
            return None
        if isinstance(owner, ast.Assign) and len(owner.targets) > 1:
            return None
        if module.types.name(binding.value) != "list" or not module.flow.fresh(binding.value):
            return None
        found.append(binding)
    return found
