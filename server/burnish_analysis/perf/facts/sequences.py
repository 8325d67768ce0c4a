"""What rules about building and consuming sequences ask: who sees a variable, when, and whether a list holds something."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from burnish_analysis.perf.facts.types import Type
from burnish_analysis.perf.model import Known

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module
    from burnish_analysis.perf.scopes import Binding

__all__ = [
    "begins_as",
    "bracketed",
    "dominates",
    "fresh_lists",
    "half_built",
    "is_call",
    "is_method",
    "loop_target_survives",
    "names",
    "nonempty",
    "ordered_plainly",
    "plain_equality",
    "private_until",
    "reads_at_once",
    "repeated",
    "same_name",
    "shrinks",
    "survives",
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
_SHRINKING = frozenset({"pop", "popleft", "remove", "clear"})
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
#: Types of which equal values cannot be told apart by what they are in plain code, and of which each value equals itself.
_PLAIN = frozenset({"str", "bytes", "int", "bool", "NoneType"})


def names(*nodes: ast.AST) -> set[str]:
    """Every name that is written in some nodes."""
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def same_name(node: ast.AST | None, name: str) -> bool:
    """Whether a node is just that name."""
    return isinstance(node, ast.Name) and node.id == name


def is_method(node: ast.AST | None, attribute: str, arguments: int) -> bool:
    """Whether a node is ``name.attribute(...)`` with so many plain arguments."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == attribute
        and isinstance(node.func.value, ast.Name)
        and len(node.args) == arguments
        and not node.keywords
        and not any(isinstance(part, ast.Starred) for part in node.args)
    )


def is_call(node: ast.AST | None, module: Module, name: str, arguments: int = 1) -> bool:
    """Whether a node calls a function by its qualified name with so many plain arguments."""
    return (
        isinstance(node, ast.Call)
        and len(node.args) == arguments
        and not node.keywords
        and not any(isinstance(part, ast.Starred) for part in node.args)
        and module.qualified(node.func) == name
    )


def bracketed(node: ast.expr, module: Module) -> str:
    """The text of an expression as an operand of ``for … in``, ``if`` or ``not`` inside brackets."""
    text = module.text(node)
    loose = isinstance(node, (ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Starred))
    if isinstance(node, ast.Tuple):
        loose = not _enclosed(text)
    return f"({text})" if loose else text


def _enclosed(text: str) -> bool:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False


def whole_local(name: ast.Name, module: Module) -> bool:
    """Whether a variable belongs to one function and nothing but that function's own code (comprehensions included) sees it."""
    owner = module.flow.owner(name)
    if owner.kind != "function" or name.id in owner.declared or name.id not in owner.bindings:
        return False
    if any(module.scope(use).function is not owner for use in owner.uses.get(name.id, ())):
        return False
    if any(module.scope(binding.node).function is not owner for binding in owner.bindings[name.id]):
        return False
    root = owner.module
    return not any(module.scope(use).function is owner for frame in _FRAME for use in root.uses.get(frame, ()))


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


def survives(name: ast.Name, statement: ast.stmt, module: Module) -> bool:
    """Whether the value that a variable has after a loop or statement may be read later."""
    if not whole_local(name, module):
        return True
    inside = set(ast.walk(statement))
    begins, ends = module.start(statement), module.end(statement)
    around = module.loops(statement)
    for use in module.flow.uses(name):
        if use in inside and not _in_else(use, statement, module):
            if isinstance(statement, (ast.For, ast.AsyncFor)) and _within(use, statement.iter, module) and around:
                if not _bound_since(use, statement, module):
                    return True
            continue
        place = module.start(use)
        if place < begins and not any(use in module.flow.region(loop) for loop in around):
            continue
        if place >= ends or place < begins:
            if _bound_since(use, statement, module):
                continue
        return True
    return False


def loop_target_survives(loop: ast.For, module: Module) -> bool:
    """Whether a variable that a loop binds may be read after it."""
    return any(
        survives(part, loop, module) for part in ast.walk(loop.target) if isinstance(part, ast.Name)
    ) or any(isinstance(part, (ast.Attribute, ast.Subscript)) for part in ast.walk(loop.target))


def _in_else(use: ast.AST, statement: ast.stmt, module: Module) -> bool:
    return any(_within(use, part, module) for part in getattr(statement, "orelse", ()))


def _within(use: ast.AST, part: ast.AST, module: Module) -> bool:
    return use is part or any(outer is part for outer in module.ancestors(use))


def _bound_since(use: ast.Name, statement: ast.stmt, module: Module) -> bool:
    """Whether the variable is certainly bound anew between ``statement`` and a later ``use``."""
    ends = module.end(statement)
    shared = next((loop for loop in module.loops(statement) if use in module.flow.region(loop)), None)
    for binding in module.flow.bindings(use):
        owner = binding.owner
        if isinstance(owner, (ast.For, ast.AsyncFor)):
            anew = owner is not statement and use in module.flow.region(owner)
            if anew and not any(outer is owner for outer in module.ancestors(statement)):
                return True
            continue
        if not isinstance(owner, (ast.Assign, ast.AnnAssign)) or owner.value is None:
            continue
        if not dominates(owner, use, module):
            continue
        if module.start(owner) >= ends or (shared is not None and owner in module.flow.region(shared)):
            return True
    return False


def repeated(node: ast.AST, name: ast.Name, module: Module, but: Iterable[ast.AST] = ()) -> bool:
    """Whether a loop runs ``node`` again and again for one object: no binding of the variable, ``but`` some, is in the innermost loop."""
    loops = module.loops(node)
    if not loops:
        return False
    region = module.flow.region(loops[0])
    kept = set(but)
    return not any(binding.node in region and binding.owner not in kept for binding in module.flow.bindings(name))


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


# Whether a list holds something ----------------------------------------------------------------------------------------


def shrinks(node: ast.AST, name: ast.Name, module: Module) -> Iterator[ast.AST]:
    """The places in a node where a list may lose items or the variable may get another value."""
    inside = set(ast.walk(node))
    for use in module.flow.uses(name):
        if use not in inside:
            continue
        parent = module.parent(use)
        if isinstance(parent, ast.Attribute) and parent.attr in _SHRINKING:
            yield use
        elif isinstance(parent, ast.Subscript) and parent.value is use and not isinstance(parent.ctx, ast.Load):
            if isinstance(parent.ctx, ast.Del) or isinstance(parent.slice, ast.Slice):
                yield use
        elif not isinstance(parent, ast.Attribute) and not module.flow.only_reads(use):
            yield use
    for binding in module.flow.bindings(name):
        if binding.node in inside and binding.kind != "augment":
            yield binding.node


def nonempty(use: ast.Name, module: Module) -> bool:
    """Whether the code shows that a list holds something where ``use`` stands: a test around or before, and nothing taken out since."""
    name = use.id
    inner: ast.stmt = module.statement(use)
    own = [
        place
        for place in shrinks(inner, use, module)
        if place is not use and not (isinstance(inner, ast.Assign) and isinstance(getattr(place, "ctx", None), ast.Store))
    ]
    if own or any(isinstance(outer, (ast.comprehension, ast.Lambda)) for outer in _within_statement(use, module)):
        return False
    while True:
        for earlier in reversed(_before(inner, module)):
            if _leaves_if_empty(earlier, name, module):
                return True
            if any(shrinks(earlier, use, module)):
                return False
        outer = module.parent(inner)
        if isinstance(outer, (ast.If, ast.While)):
            true = any(part is inner for part in outer.body)
            if any(shrinks(outer.test, use, module)):
                return False
            if _says_nonempty(outer.test, name, module) if true else _says_empty(outer.test, name, module):
                return isinstance(outer, ast.If) or true
            if isinstance(outer, ast.While):
                return False
        elif isinstance(outer, ast.For):
            return _counted(outer, use, module)
        elif not isinstance(outer, ast.With) and not (
            isinstance(outer, ast.Try) and any(part is inner for part in outer.body)
        ):
            return False
        inner = outer


def _within_statement(use: ast.AST, module: Module) -> Iterator[ast.AST]:
    for outer in module.ancestors(use):
        if isinstance(outer, ast.stmt):
            return
        yield outer


def _before(statement: ast.stmt, module: Module) -> list[ast.stmt]:
    block = module.block(statement)
    place = next(i for i, part in enumerate(block) if part is statement)
    return block[:place]


def _counted(loop: ast.For, use: ast.Name, module: Module) -> bool:
    """``for … in range(len(xs))`` in which ``use`` is the only place that takes something out."""
    counted = loop.iter
    if not is_call(counted, module, "builtins.range") or not isinstance(counted, ast.Call):
        return False
    inside = counted.args[0]
    if not is_call(inside, module, "builtins.len") or not isinstance(inside, ast.Call):
        return False
    places = [place for part in loop.body for place in shrinks(part, use, module)]
    return same_name(inside.args[0], use.id) and places == [use]


def _leaves_if_empty(statement: ast.stmt, name: str, module: Module) -> bool:
    return (
        isinstance(statement, ast.If)
        and not statement.orelse
        and isinstance(statement.body[-1], _JUMPS)
        and _says_empty(statement.test, name, module)
    )


def _says_nonempty(test: ast.expr, name: str, module: Module) -> bool:
    """Whether a true test means that the list holds something."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_says_nonempty(part, name, module) for part in test.values)
    if same_name(test, name):
        return True
    if is_call(test, module, "builtins.len") and isinstance(test, ast.Call):
        return same_name(test.args[0], name)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _says_empty(test.operand, name, module)
    number = _length_compared(test, name, module)
    if number is None or not isinstance(test, ast.Compare):
        return False
    op = test.ops[0]
    return (isinstance(op, ast.Gt) and number >= 0) or (isinstance(op, (ast.GtE, ast.Eq)) and number >= 1) or (
        isinstance(op, ast.NotEq) and number == 0
    )  # fmt: skip


def _says_empty(test: ast.expr, name: str, module: Module) -> bool:
    """Whether a false test means that the list holds something."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_says_empty(part, name, module) for part in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return same_name(test.operand, name) or _says_nonempty(test.operand, name, module)
    number = _length_compared(test, name, module)
    if number is None or not isinstance(test, ast.Compare):
        return False
    op = test.ops[0]
    return (isinstance(op, (ast.Eq, ast.LtE)) and number == 0) or (isinstance(op, ast.Lt) and number == 1)


def _length_compared(test: ast.expr, name: str, module: Module) -> int | None:
    """``n`` of ``len(name) <op> n``."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right = test.left, test.comparators[0]
    if not is_call(left, module, "builtins.len") or not isinstance(left, ast.Call):
        return None
    if not same_name(left.args[0], name) or not isinstance(right, ast.Constant):
        return None
    return right.value if type(right.value) is int else None


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
