"""Before which statement something can be put that a loop need not work out again, and whether a value stays the same until then."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from burnish_analysis.perf.facts.tables import IMMUTABLE, MUTATORS
from burnish_analysis.perf.model import Known
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.walking import walk

__all__ = ["changed", "entered", "free", "placeable", "steady"]

#: Statements before which nothing may be put because their expressions are evaluated at another time or place.
_NO_PLACE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assert)
_TIMED = (ast.ExceptHandler, ast.match_case)


def free(node: ast.expr, module: Module) -> Iterator[ast.Name]:
    """The names in an expression that mean variables outside it, one use of each."""
    inner = {module.structure.inner[part] for part in walk(node) if part in module.structure.inner}
    seen = set()
    for part in walk(node):
        if (
            isinstance(part, ast.Name)
            and part.id not in seen
            and module.scope(part).find(part.id) not in inner
        ):
            seen.add(part.id)
            yield part


def placeable(node: ast.expr, loop: Loop, module: Module) -> bool:
    """Whether a line can be put before the statement of ``loop``, and the names of ``node`` mean the same there."""
    statement = module.statement(loop)
    if isinstance(statement, _NO_PLACE) or module.indent(statement) is None:
        return False
    if module.source.startswith("elif", module.start(statement)) and isinstance(statement, ast.If):
        return False
    function = module.function(node)
    if module.function(statement) is not function:
        return False
    if function is None and any(isinstance(outer, ast.ClassDef) for outer in module.ancestors(node)):
        return False
    inner: ast.AST = node if isinstance(loop, ast.While) else loop
    for outer in (loop, *module.ancestors(loop)):
        if outer is statement:
            break
        if isinstance(outer, _TIMED):
            return False
        inner = outer
    if isinstance(statement, ast.While) and loop is not statement and inner is statement.test:
        return False
    if isinstance(statement, (ast.Try, ast.Match)):
        return isinstance(statement, ast.Match) and inner is statement.subject
    scopes = {module.flow.owner(name).kind for name in free(node, module)}
    return "comprehension" not in scopes


# Changes -------------------------------------------------------------------------------------------------------------------


def changed(nodes: Iterable[ast.AST], module: Module) -> Iterator[ast.expr]:
    """The expressions whose objects are changed in place, or may be, by what stands in ``nodes``."""
    for node in nodes:
        if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            yield node.value
        elif isinstance(node, ast.AugAssign):
            if module.types.name(node.target) not in IMMUTABLE and not _counter(node.target, module):
                yield node.target
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in MUTATORS
            and module.qualified(node.func) is None
        ):
            yield node.func.value


def _counter(target: ast.expr, module: Module) -> bool:
    """Whether a variable is only ever given values that cannot change, so that ``+=`` makes new ones."""
    return isinstance(target, ast.Name) and all(
        one.kind == "augment" or (one.value is not None and module.types.name(one.value) in IMMUTABLE)
        for one in module.flow.bindings(target)
    )


def steady(node: ast.expr, loop: Loop, module: Module) -> Known:
    """Whether nothing that a round changes in place is, or may be, what ``node`` reads."""
    known = _apart(node, changed(module.flow.region(loop), module), module)
    if isinstance(loop, ast.AsyncFor) or (isinstance(loop, ast.comprehension) and loop.is_async):
        # Others run between the rounds.
        held = any(_can_change(name, module) and not module.flow.private(name) for name in free(node, module))
        known &= Known.of(not held)
    return known


def _apart(node: ast.expr, receivers: Iterable[ast.expr], module: Module) -> Known:
    found = Known.YES
    read = [part for part in walk(node) if isinstance(part, (ast.Subscript, ast.Attribute))]
    read = [part for part in read if module.qualified(part) is None and not _called(part, module)]
    names = [name for name in free(node, module) if _can_change(name, module)]
    if not names and not read:
        return found
    if read:
        found = Known.UNKNOWN
    for receiver in receivers:
        if any(module.same(receiver, part) for part in read):
            return Known.NO
        for name in names:
            if isinstance(receiver, ast.Name) and receiver.id == name.id:
                return Known.NO
            if not module.flow.private(name) and not _other_type(receiver, name, module):
                found = Known.UNKNOWN
    return found


def _called(node: ast.AST, module: Module) -> bool:
    call = module.parent(node)
    return isinstance(node, ast.Attribute) and isinstance(call, ast.Call) and call.func is node


def _can_change(name: ast.Name, module: Module) -> bool:
    bindings = module.flow.bindings(name)
    if not bindings or module.types.name(name) in IMMUTABLE:
        return False
    owner = module.flow.owner(name)
    return not (owner.kind == "module" and all(one.kind in ("import", "define") for one in bindings))


def _other_type(receiver: ast.expr, name: ast.Name, module: Module) -> bool:
    if isinstance(receiver, ast.Name) and module.flow.private(receiver):
        return True
    one, other = module.types.name(receiver), module.types.name(name)
    return bool(one) and bool(other) and one != other


def entered(node: ast.expr, loop: Loop, module: Module) -> Known:
    """Whether what is evaluated between the start of the loop's statement and its first round leaves the value alone."""
    statement = module.statement(loop)
    if isinstance(loop, ast.While):
        return Known.YES
    if loop is statement:
        parts: list[ast.AST] = [loop.iter]
    else:
        parts = _header(statement)
    region = module.flow.region(loop)
    nodes = [part for part in module.walk(*parts) if part not in region]
    names = list(free(node, module))
    if any(module.flow.rebound(name, frozenset(nodes)) for name in names):
        return Known.NO
    known = _apart(node, changed(nodes, module), module)
    held = [name for name in names if _can_change(name, module) and not module.flow.private(name)]
    attributes = any(
        isinstance(part, ast.Attribute) and module.qualified(part) is None for part in walk(node)
    )
    if held or attributes:
        known &= Known.of(all(call in region for call in module.effects.unknown_calls(*parts)))
    return known


def _header(statement: ast.stmt) -> list[ast.AST]:
    """What a statement evaluates itself, its blocks apart."""
    match statement:
        case ast.If() | ast.While():
            return [statement.test]
        case ast.For() | ast.AsyncFor():
            return [statement.iter]
        case ast.With() | ast.AsyncWith():
            return list(statement.items)
        case ast.Match():
            return [statement.subject]
        case ast.Assign() | ast.AnnAssign():
            return [statement.value] if statement.value is not None else []
        case ast.AugAssign():
            place = [] if isinstance(statement.target, ast.Name) else [statement.target.value]
            return [*place, statement.value]
    return [statement]
