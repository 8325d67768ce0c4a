"""What goes into a run of statements and what comes out of it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from burnish_analysis.perf.facts.sequences import half_built, whole_local
from burnish_analysis.perf.facts.survival import survives
from burnish_analysis.perf.model import Known
from burnish_analysis.perf.module import Module

__all__ = ["Flowing", "flowing"]

_REFUSED = (
    ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal, ast.Delete, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.ClassDef, ast.Import, ast.ImportFrom, ast.AsyncFor, ast.AsyncWith, ast.Lambda, ast.Match, ast.Try, ast.TryStar, ast.AnnAssign,
    ast.GeneratorExp,
)  # fmt: skip
#: What looks at the frame that it is called in.
_FRAME = frozenset(
    {
        "super",
        "__class__",
        "locals",
        "vars",
        "eval",
        "exec",
        "dir",
        "warn",
        "currentframe",
        "stack",
        "_getframe",
    }
)


@dataclass(frozen=True, slots=True)
class Flowing:
    """The data flow of a run of statements.

    Attributes:
        taken: variables of the function that are read before the run binds them, in the order of their first use.
        bound: variables that the run binds. given: those of them whose values are used after it.
        settled: those of them that are bound whenever the run comes to its end.
        unknown: what could not be shown, in words.
    """

    taken: tuple[str, ...]
    bound: tuple[str, ...]
    given: frozenset[str]
    settled: frozenset[str]
    unknown: tuple[str, ...]


def flowing(statements: Sequence[ast.stmt], function: ast.FunctionDef, module: Module) -> Flowing | None:
    """The data flow of statements in a row of a function; None where they cannot stand in one of their own."""
    if _jumps(statements, module) or any(isinstance(part, _REFUSED) for part in module.walk(*statements)):
        return None
    scope = module.inside(function)
    names = [part for part in module.walk(*statements) if isinstance(part, ast.Name)]
    if any(part.id in _FRAME or (part.id.startswith("__") and not part.id.endswith("__")) for part in names):
        return None
    attributes = [part.attr for part in module.walk(*statements) if isinstance(part, ast.Attribute)]
    if any(name in _FRAME or (name.startswith("__") and not name.endswith("__")) for name in attributes):
        return None
    own = [part for part in names if module.scope(part).find(part.id) is scope]
    own.sort(key=module.start)
    bound: dict[str, None] = {}
    taken: dict[str, ast.Name] = {}
    settled = _settled(statements)
    for part in own:
        if not isinstance(part.ctx, ast.Load):
            bound.setdefault(part.id)
    for part in own:
        if isinstance(part.ctx, ast.Load) or _augmented(part, module):
            taken.setdefault(part.id, part)
    for name in list(taken):
        if name in bound and _bound_first(name, statements, module):
            del taken[name]
    if _hidden(names, own, function, module) or any(not whole_local(part, module) for part in own):
        return None
    if any(module.flow.bound_before(part, statements[0]) is not Known.YES for part in taken.values()):
        return None
    last = statements[-1]
    if any(part.id in bound and half_built(part, last, module) for part in own):
        return None
    given = {part.id for part in own if part.id in bound and _used_later(part, statements, last, module)}
    return Flowing(
        tuple(taken), tuple(bound), frozenset(given), settled, _unknown(statements, function, module)
    )


def _unknown(statements: Sequence[ast.stmt], function: ast.FunctionDef, module: Module) -> tuple[str, ...]:
    again = any(function.name in (getattr(part.func, "id", ""), getattr(part.func, "attr", ""))
                for part in module.walk(*statements) if isinstance(part, ast.Call))  # fmt: skip
    words = []
    if module.effects.unknown_calls(*statements):
        words.append(
            "nothing that is called looks at its caller, or lives on only by a variable of these statements"
        )
    if again:
        words.append("the function calls itself only a few levels deep")
    return tuple(words)


def _jumps(statements: Sequence[ast.stmt], module: Module) -> bool:
    """Whether a ``break`` or ``continue`` leaves the run."""
    inside = set(module.walk(*statements))
    return any(
        isinstance(part, (ast.Break, ast.Continue))
        and not any(
            isinstance(outer, (ast.For, ast.While)) and outer in inside for outer in module.ancestors(part)
        )
        for part in inside
    )


def _augmented(name: ast.Name, module: Module) -> bool:
    parent = module.parent(name)
    return isinstance(parent, ast.AugAssign) and parent.target is name


def _settled(statements: Sequence[ast.stmt]) -> frozenset[str]:
    """Variables that statements of the run itself bind, without a condition."""
    found: set[str] = set()
    for statement in statements:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AugAssign):
            targets = [statement.target]
        elif isinstance(statement, ast.If) and statement.orelse:
            found |= _settled(statement.body) & _settled(statement.orelse)
        found |= {
            part.id
            for target in targets
            for part in ast.walk(target)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
    return frozenset(found)


def _bound_first(name: str, statements: Sequence[ast.stmt], module: Module) -> bool:
    """Whether the run binds a variable before it reads it, whatever way it goes."""
    for number, statement in enumerate(statements):
        reads = [
            part
            for part in module.walk(statement)
            if isinstance(part, ast.Name)
            and part.id == name
            and (isinstance(part.ctx, ast.Load) or _augmented(part, module))
        ]
        if reads:
            return isinstance(statement, ast.For) and _only_in_loop(name, statement, reads)
        if name in _settled([statement]):
            return True
        if number == len(statements) - 1:
            return True
    return True


def _only_in_loop(name: str, loop: ast.For, reads: Sequence[ast.Name]) -> bool:
    """Whether a variable that a loop binds is read in the loop's body only."""
    bound = {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
    inside = {part for statement in loop.body for part in ast.walk(statement)}
    return name in bound and all(read in inside for read in reads)


def _hidden(names: list[ast.Name], own: list[ast.Name], function: ast.FunctionDef, module: Module) -> bool:
    """Whether another name means something of the class around the function, or is bound in the run for others to see."""
    mine = set(own)
    for part in names:
        if part in mine:
            continue
        scope = module.scope(part).find(part.id)
        if scope.kind == "comprehension":
            continue
        if scope.kind != "module" or not isinstance(part.ctx, ast.Load):
            return True
    return not isinstance(function, ast.FunctionDef)


def _used_later(name: ast.Name, statements: Sequence[ast.stmt], last: ast.stmt, module: Module) -> bool:
    """Whether the value that a variable has after the run may be read: by a use outside it."""
    inside = set(module.walk(*statements))
    outside = [use for use in module.flow.uses(name) if use not in inside]
    if not outside:
        return bool(module.loops(statements[0])) and name.id not in _settled(statements)
    ends, loops = module.end(last), module.loops(statements[0])
    return any(
        module.start(use) >= ends
        or any(use in module.flow.region(loop) for loop in loops)
        or survives(name, last, module)
        for use in outside
    )
