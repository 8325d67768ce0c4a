"""Taking an expression that never changes out of a loop: which loop, before which statement, and what must be shown for it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from burnish_analysis.perf.model import Evidence, Known
from burnish_analysis.perf.module import Loop, Module
from burnish_analysis.perf.rules.hoisting_places import entered, free, placeable, steady
from burnish_analysis.perf.walking import walk

__all__ = ["Hoist", "eager", "plan", "read_only", "repeating", "worth_it"]

#: Built-in functions that use up an iterator before they return.
_CONSUMERS = frozenset(
    {f"builtins.{name}" for name in ("all", "any", "bytes", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple")}
    | {"builtins.next", "math.fsum", "math.prod", "collections.Counter", "collections.deque", "statistics.mean", "statistics.fmean",
       "heapq.nsmallest", "heapq.nlargest"}
)  # fmt: skip
#: Fewer rounds than this in all are not worth a word.
_FEW = 5


@dataclass(frozen=True, slots=True)
class Hoist:
    """Where an expression can be evaluated once: before ``statement``, for every round of ``loop``; ``spots`` are the places (the same
    expression, in source order) that then use the value; ``steady`` is whether it was shown to stay the same there."""

    loop: Loop
    statement: ast.stmt
    spots: tuple[ast.expr, ...]
    steady: Known


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
        known = module.flow.invariant(node, loop) & steady(node, loop, module)
        if known is Known.NO:
            break
        if loop not in loops or not placeable(node, loop, module):
            continue
        known &= entered(node, loop, module)
        if known is Known.NO or (chosen is not None and known is Known.UNKNOWN and chosen[1] is Known.YES):
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
    return Hoist(loop, statement, tuple(spots), known)


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
    for name in free(node, module):
        if module.flow.bindings(name):
            evidence.require(
                module.flow.bound_before(name, statement), f"`{name.id}` has a value before the loop"
            )
    lazy = any(not eager(one, module) for spot in spots for one in _generators(spot, loop, module))
    evidence.require(Known.of(not lazy), "the generator is used up before anything changes")
    if module.function(statement) is None:
        evidence.require(Known.UNKNOWN, "a new name in the module disturbs nobody")
    if _asks_for_names(module.function(statement), module):
        evidence.require(Known.UNKNOWN, "nothing asks for the names of the local variables")


def _asks_for_names(function: ast.AST | None, module: Module) -> bool:
    """Whether a function looks at its own variables by name."""
    if function is None or not any(
        word in module.source for word in ("locals", "vars", "exec", "eval", "dir")
    ):
        return False
    asking = ("builtins.locals", "builtins.vars", "builtins.exec", "builtins.eval", "builtins.dir")
    return any(
        module.calls(node, *asking)
        and isinstance(node, ast.Call)
        and (len(node.args) < 1 or module.calls(node, *asking[2:4]))
        for node in walk(function)
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "..."


def _spots(node: ast.expr, loop: Loop, module: Module, fits: Callable[[ast.expr], bool]) -> list[ast.expr]:
    function = module.function(node)
    names = {name.id: module.flow.owner(name) for name in free(node, module)}
    found = [node]
    for other in module.structure.nodes.get(type(node), ()):
        if other is node or other not in module.flow.region(loop) or not isinstance(other, ast.expr):
            continue
        if (
            module.same(node, other)
            and module.function(other) is function
            and all(module.flow.owner(name) is names.get(name.id) for name in free(other, module))
            and module.readable(other)
            and fits(other)
            and repeating(other, module)
        ):
            found.append(other)
    return sorted(found, key=module.start)


def _comes_first(node: ast.expr, loop: Loop, module: Module) -> bool:
    """Whether the expression is the first thing a ``while`` evaluates, known variables and constants apart."""
    if not isinstance(loop, ast.While) or not any(part is node for part in walk(loop.test)):
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
    known = _REPEATING.setdefault(module, {})
    if node not in known:
        known[node] = _repeating(node, module)
    return known[node]


_REPEATING: WeakKeyDictionary[Module, dict[ast.AST, list[Loop]]] = WeakKeyDictionary()


def _repeating(node: ast.AST, module: Module) -> list[Loop]:
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
        holder = module.parent(statement)
        if isinstance(holder, ast.Try) and holder.orelse and any(part is statement for part in holder.body):
            after = holder.orelse[-1]  # tried until it succeeds
            left = left or isinstance(after, ast.Break)
            if isinstance(after, (ast.Return, ast.Raise)):
                break
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
    return _used_up(node, module)


def _used_up(node: ast.expr, module: Module) -> bool:
    parent = module.parent(node)
    if not isinstance(parent, ast.Call) or parent.func is node:
        return False
    called = module.qualified(parent.func)
    if called in _CONSUMERS:
        return True
    if called in ("builtins.filter", "builtins.map", "builtins.enumerate", "builtins.zip", "itertools.chain"):
        return _used_up(parent, module)
    if not isinstance(parent.func, ast.Attribute):
        return False
    owner = module.types.name(parent.func.value)
    if parent.func.attr == "join":
        return owner in ("str", "bytes")
    return parent.func.attr in ("extend", "update") and owner in (
        "list",
        "set",
        "dict",
        "collections.deque",
        "collections.Counter",
    )


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
