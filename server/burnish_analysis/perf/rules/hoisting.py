"""Taking an expression that never changes out of a loop: which loop, before which statement, and what must be shown for it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from burnish_analysis.perf.facts.tables import IMMUTABLE, MUTATORS
from burnish_analysis.perf.model import Evidence, Known
from burnish_analysis.perf.module import Loop, Module

__all__ = ["Hoist", "changed", "eager", "plan", "read_only", "repeating", "worth_it"]

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: Statements before which nothing may be put because their expressions are evaluated at another time or place.
_NO_PLACE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assert)
_TIMED = (ast.ExceptHandler, ast.match_case)
#: Built-in functions that use up an iterator before they return.
_CONSUMERS = frozenset(
    {f"builtins.{name}" for name in ("all", "any", "bytes", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple")}
    | {"math.fsum", "math.prod", "collections.Counter", "collections.deque", "statistics.mean", "statistics.fmean", "heapq.nsmallest",
       "heapq.nlargest"}
)  # fmt: skip
#: Fewer rounds than this in all are not worth a word.
_FEW = 5


@dataclass(frozen=True, slots=True)
class Hoist:
    """Where an expression can be evaluated once: before ``statement``, for every round of ``loop``; ``spots`` are the places (the same
    expression, in source order) that then use the value."""

    loop: Loop
    statement: ast.stmt
    spots: tuple[ast.expr, ...]


def plan(
    node: ast.expr,
    module: Module,
    evidence: Evidence,
    total: Callable[[Loop], Known],
    fits: Callable[[ast.expr], bool] = lambda _spot: True,
) -> Hoist | None:
    """The outermost loop that ``node`` can be taken out of.

    Args:
        evidence: what could not be shown is added, if there is a plan.
        total: whether the expression, evaluated before a loop, cannot raise where the loop would not have raised the same.
        fits: whether a place where the expression stands may share its value with others (a list must not be changed there).

    Returns:
        None where nothing is to be gained, where something changes the value, where there is no place before the loop, and for
        every but the first of several places that have the same expression.
    """
    loops = repeating(node, module)
    if not loops or not fits(node):
        return None
    chosen: tuple[Loop, Known] | None = None
    for loop in module.loops(node):
        known = module.flow.invariant(node, loop) & _steady(node, loop, module)
        if known is Known.NO:
            break
        if loop not in loops or not _placeable(node, loop, module):
            continue
        known &= _entered(node, loop, module)
        if known is Known.NO or chosen is not None and known is Known.UNKNOWN and chosen[1] is Known.YES:
            continue
        chosen = loop, known
    if chosen is None:
        return None
    loop, known = chosen
    inside = [one for one in loops if one is loop or one in module.flow.region(loop)]
    if not worth_it(inside):
        return None
    spots = _spots(node, loop, module, fits)
    if not spots or spots[0] is not node:
        return None
    statement = module.statement(loop)
    _conditions(node, loop, statement, spots, module, evidence, known, total(loop))
    return Hoist(loop, statement, tuple(spots))


def _conditions(
    node: ast.expr,
    loop: Loop,
    statement: ast.stmt,
    spots: list[ast.expr],
    module: Module,
    evidence: Evidence,
    known: Known,
    total: Known,
) -> None:
    text = _short(module.text(node))
    evidence.require(known, f"`{text}` stays the same while the loop runs")
    if total is Known.UNKNOWN and _comes_first(node, loop, module):
        total = Known.YES
    evidence.require(total, f"`{text}` can be evaluated before the loop, even if the loop then has no round")
    for name in _free(node, module):
        if module.flow.bindings(name):
            evidence.require(
                module.flow.bound_before(name, statement), f"`{name.id}` has a value before the loop"
            )
    lazy = any(not eager(one, module) for spot in spots for one in _generators(spot, loop, module))
    evidence.require(Known.of(not lazy), "the generator is used up before anything changes")
    if module.function(statement) is None and any(module.flow.bindings(name) for name in _free(node, module)):
        evidence.require(Known.UNKNOWN, "nothing else changes the module's variables meanwhile")
    if "locals(" in module.source or "vars()" in module.source or "exec(" in module.source:
        evidence.require(Known.UNKNOWN, "nothing asks for the names of the local variables")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "..."


def _free(node: ast.expr, module: Module) -> Iterator[ast.Name]:
    """The names in an expression that mean variables outside it, one use of each."""
    inner = {module.structure.inner[part] for part in ast.walk(node) if part in module.structure.inner}
    seen = set()
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Name)
            and part.id not in seen
            and module.scope(part).find(part.id) not in inner
        ):
            seen.add(part.id)
            yield part


def _spots(node: ast.expr, loop: Loop, module: Module, fits: Callable[[ast.expr], bool]) -> list[ast.expr]:
    function = module.function(node)
    names = {name.id: module.flow.owner(name) for name in _free(node, module)}
    found = [node]
    for other in module.structure.nodes.get(type(node), ()):
        if other is node or other not in module.flow.region(loop) or not isinstance(other, ast.expr):
            continue
        if (
            module.same(node, other)
            and module.function(other) is function
            and all(module.flow.owner(name) is names.get(name.id) for name in _free(other, module))
            and module.readable(other)
            and fits(other)
            and repeating(other, module)
        ):
            found.append(other)
    return sorted(found, key=module.start)


def _comes_first(node: ast.expr, loop: Loop, module: Module) -> bool:
    """Whether the expression is the first thing a ``while`` evaluates, known variables and constants apart."""
    if not isinstance(loop, ast.While) or not any(part is node for part in ast.walk(loop.test)):
        return False
    inner: ast.AST = node
    while inner is not loop.test:
        outer = module.parent(inner)
        if not isinstance(outer, (ast.Compare, ast.BinOp, ast.BoolOp, ast.UnaryOp)):
            return False
        for before in ast.iter_child_nodes(outer):
            if before is inner:
                break
            if isinstance(before, ast.Name):
                if module.flow.bound_before(before, loop) is not Known.YES:
                    return False
            elif isinstance(before, ast.expr) and not isinstance(before, ast.Constant):
                return False
        if isinstance(outer, ast.BoolOp) and outer.values[0] is not inner:
            return False
        if isinstance(outer, ast.Compare) and inner not in (outer.left, outer.comparators[0]):
            return False
        inner = outer
    return True


# Rounds --------------------------------------------------------------------------------------------------------------------


def repeating(node: ast.AST, module: Module) -> list[Loop]:
    """The loops that evaluate ``node`` more than once: not those that are left (``return``, ``break``, ``raise``) once it is."""
    loops = module.loops(node)
    if not loops:
        return []
    found: list[Loop] = [loop for loop in loops if isinstance(loop, ast.comprehension)]
    statement: ast.stmt | None = module.statement(node)
    if statement in loops and isinstance(statement, ast.While):  # its test
        found.append(statement)
    left = False
    while statement is not None and statement is not loops[-1]:
        last = module.block(statement)[-1]
        if isinstance(last, (ast.Return, ast.Raise)):
            break
        left = left or isinstance(last, ast.Break)
        outer = next((part for part in module.ancestors(statement) if isinstance(part, ast.stmt)), None)
        if outer in loops and isinstance(outer, (ast.For, ast.AsyncFor, ast.While)):
            if not left:
                found.append(outer)
            left = False
        statement = outer
    return found


def worth_it(loops: Iterable[Loop]) -> bool:
    """Whether loops do not all run over a handful of written values."""
    rounds = 1
    for loop in loops:
        over = None if isinstance(loop, ast.While) else loop.iter
        if isinstance(over, (ast.Tuple, ast.List, ast.Set)):
            rounds *= len(over.elts)
        elif (
            isinstance(over, ast.Call)
            and isinstance(over.func, ast.Name)
            and over.func.id == "range"
            and len(over.args) == 1
            and isinstance(over.args[0], ast.Constant)
            and isinstance(over.args[0].value, int)
        ):
            rounds *= over.args[0].value
        else:
            return True
    return rounds >= _FEW


def _generators(node: ast.AST, loop: Loop, module: Module) -> Iterator[ast.GeneratorExp]:
    """The generator expressions around ``node`` that ``loop`` is around or the loop of."""
    statement = module.statement(loop)
    for outer in module.ancestors(node):
        if isinstance(outer, ast.GeneratorExp):
            yield outer
        if outer is statement:
            return


def eager(node: ast.GeneratorExp, module: Module) -> bool:
    """Whether a generator expression is used up where it stands."""
    parent = module.parent(node)
    if not isinstance(parent, ast.Call) or parent.func is node:
        return False
    if module.qualified(parent.func) in _CONSUMERS:
        return True
    return (
        isinstance(parent.func, ast.Attribute)
        and parent.func.attr == "join"
        and module.types.name(parent.func.value) in ("str", "bytes")
    )


# Places --------------------------------------------------------------------------------------------------------------------


def _placeable(node: ast.expr, loop: Loop, module: Module) -> bool:
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
    if isinstance(statement, (ast.Try, ast.Match)) and loop is not statement:
        return isinstance(statement, ast.Match) and inner is statement.subject
    scopes = {module.flow.owner(name).kind for name in _free(node, module)}
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
        one.kind == "augment" or one.value is not None and module.types.name(one.value) in IMMUTABLE
        for one in module.flow.bindings(target)
    )


def _steady(node: ast.expr, loop: Loop, module: Module) -> Known:
    """Whether nothing that a round changes in place is, or may be, what ``node`` reads."""
    return _apart(node, changed(module.flow.region(loop), module), module)


def _apart(node: ast.expr, receivers: Iterable[ast.expr], module: Module) -> Known:
    found = Known.YES
    read = [part for part in ast.walk(node) if isinstance(part, (ast.Subscript, ast.Attribute))]
    read = [part for part in read if module.qualified(part) is None and not _called(part, module)]
    names = [name for name in _free(node, module) if _can_change(name, module)]
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


def _entered(node: ast.expr, loop: Loop, module: Module) -> Known:
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
    names = list(_free(node, module))
    if any(module.flow.rebound(name, frozenset(nodes)) for name in names):
        return Known.NO
    known = _apart(node, changed(nodes, module), module)
    held = [name for name in names if _can_change(name, module) and not module.flow.private(name)]
    attributes = any(
        isinstance(part, ast.Attribute) and module.qualified(part) is None for part in ast.walk(node)
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


# Uses ----------------------------------------------------------------------------------------------------------------------

_READERS = frozenset(
    f"builtins.{name}" for name in ("all", "any", "dict", "frozenset", "len", "list", "max", "min", "set", "sorted", "str", "sum", "tuple",
                                    "repr", "enumerate", "range", "abs", "round", "zip", "reversed")
)  # fmt: skip


def read_only(node: ast.expr, module: Module) -> bool:
    """Whether the place where a list, set or dictionary is made neither changes it nor keeps it."""
    parent = module.parent(node)
    match parent:
        case ast.For() | ast.comprehension():
            return parent.iter is node
        case ast.Compare():
            return not any(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops)
        case ast.Subscript():
            return parent.value is node and isinstance(parent.ctx, ast.Load)
        case ast.Call():
            called = module.qualified(parent.func)
            if called in ("builtins.enumerate", "builtins.zip", "builtins.reversed"):
                return read_only(parent, module)
            return parent.func is not node and called in _READERS
        case ast.Attribute():
            call = module.parent(parent)
            return (
                isinstance(call, ast.Call)
                and call.func is parent
                and parent.attr in ("index", "count", "get", "issubset", "issuperset", "isdisjoint", "copy")
            )
        case ast.Starred():
            return isinstance(module.parent(parent), (ast.Call, ast.List, ast.Set, ast.Tuple))
        case ast.FormattedValue() | ast.If() | ast.While():
            return True
    return False
