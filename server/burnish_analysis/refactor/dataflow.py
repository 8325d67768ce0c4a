"""What crosses the border of a run of statements: values that go in, values that come out, and whatever forbids taking it out.

Liveness is computed backwards and definite assignment forwards over the statements of one function, exceptional exits included: what
a handler reads after a statement failed half-way must not move into another function's frame.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from burnish_analysis.perf.module import Module
from burnish_analysis.perf.scopes import Scope
from burnish_analysis.refactor.withs import may_swallow

__all__ = ["Function", "Locals", "Names", "own_nodes"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Names = frozenset[str]
_NONE: Names = frozenset()
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def own_nodes(*parts: ast.AST) -> Iterator[ast.AST]:
    """The nodes of some statements that run in the same frame: what nested functions and classes hold is left out."""
    stack = list(reversed(parts))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _NESTED):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


@dataclass(frozen=True, slots=True)
class _Exits:
    """The names that are read later where a statement does not end normally."""

    raised: Names = _NONE
    broke: Names = _NONE
    continued: Names = _NONE
    returned: Names = _NONE


class Locals:
    """The local variables of one function: which are read after a place, and which surely have a value there."""

    def __init__(self, module: Module, function: Function) -> None:
        self.module = module
        self.function = function
        self.scope: Scope = module.inside(function)
        kinds = {name: {b.kind for b in found} for name, found in self.scope.bindings.items()}
        #: Names that may lose their value again: nothing is ever sure of them.
        self._fragile = {
            name
            for name, found in kinds.items()
            if "delete" in found or ("except" in found and len(self.scope.bindings[name]) > 1)
        }
        self._watched: tuple[ast.stmt, ast.stmt] | None = None
        self._live = self._lost = _NONE
        self._entry: Names | None = None
        self._breaks: list[list[Names]] = []

    # Names -------------------------------------------------------------------------------------------------------------

    def is_local(self, node: ast.Name) -> bool:
        """Whether a name means a variable of this function."""
        owner = self.module.scope(node).find(node.id)
        return owner is self.scope and node.id in owner.bindings

    def reads(self, *parts: ast.AST | None) -> Names:
        """The function's variables that are read (or deleted) somewhere in some nodes, nested functions included."""
        return frozenset(
            node.id
            for part in parts
            if part is not None
            for node in ast.walk(part)
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store) and self.is_local(node)
        )

    def binds(self, *parts: ast.AST) -> Names:
        """The function's variables that get a value somewhere in some nodes."""
        inside = {id(node) for part in parts for node in ast.walk(part)}
        return frozenset(
            name
            for name, found in self.scope.bindings.items()
            if any(id(binding.node) in inside for binding in found)
        )

    # Liveness ----------------------------------------------------------------------------------------------------------

    def live_after(self, block: Sequence[ast.stmt]) -> tuple[Names, Names]:
        """The variables read after a block ended normally, and those read after it raised, by anything in the function."""
        self._watched = (block[0], block[-1])
        self._live = self._lost = _NONE
        self._before(self.function.body, _NONE, _Exits())
        return self._live, self._lost

    def live_before(self, block: Sequence[ast.stmt]) -> Names:
        """The variables that a block itself may read before it gives them a value."""
        self._watched = None
        return self._before(block, _NONE, _Exits())

    def _before(self, block: Sequence[ast.stmt], after: Names, exits: _Exits) -> Names:
        for statement in reversed(block):
            if self._watched is not None and statement is self._watched[1]:
                self._live |= after
                self._lost |= exits.raised
            after = self._before_one(statement, after, exits) | exits.raised
        return after

    def _before_one(self, node: ast.stmt, after: Names, exits: _Exits) -> Names:
        match node:
            case ast.If():
                return (
                    self.reads(node.test)
                    | self._before(node.body, after, exits)
                    | self._before(node.orelse, after, exits)
                )
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._before_loop(node, after, exits)
            case ast.Try() | ast.TryStar():
                return self._before_try(node, after, exits)
            case ast.With() | ast.AsyncWith():
                inner = (
                    replace(exits, raised=exits.raised | after) if may_swallow(node, self.module) else exits
                )
                inside = self._before(node.body, after, inner)
                names = self._stored(item.optional_vars for item in node.items)
                return self.reads(*node.items) | (inside - names)
            case ast.Match():
                found = self.reads(node.subject) | after
                for case in node.cases:
                    found |= self.reads(case.pattern, case.guard) | self._before(case.body, after, exits)
                return found
            case ast.Return():
                return self.reads(node) | exits.returned
            case ast.Raise():
                return self.reads(node)
            case ast.Break():
                return exits.broke
            case ast.Continue():
                return exits.continued
        return (after - self._surely(node)) | self.reads(node) | self._augmented(node)

    def _before_loop(self, node: ast.For | ast.AsyncFor | ast.While, after: Names, exits: _Exits) -> Names:
        test = node.test if isinstance(node, ast.While) else None
        target = _NONE if isinstance(node, ast.While) else self._stored([node.target])
        # What the target itself reads (`for row[i] in …`) is read once a round.
        each = self.reads(test) if isinstance(node, ast.While) else self.reads(node.target)
        over = self._before(node.orelse, after, exits)
        head = over | each
        while True:
            inner = replace(exits, broke=after, continued=head)
            grown = head | (self._before(node.body, head, inner) - target) | each
            if grown == head:
                break
            head = grown
        return head if isinstance(node, ast.While) else head | self.reads(node.iter)

    def _before_try(self, node: ast.Try | ast.TryStar, after: Names, exits: _Exits) -> Names:
        last = node.finalbody
        done = self._before(last, after, exits)
        through = (
            _Exits(
                raised=self._before(last, exits.raised, exits),
                broke=self._before(last, exits.broke, exits),
                continued=self._before(last, exits.continued, exits),
                returned=self._before(last, exits.returned, exits),
            )
            if last
            else exits
        )
        failed = through.raised
        for handler in node.handlers:
            caught = self._before(handler.body, done, through) - {handler.name or ""}
            failed |= caught | self.reads(handler.type)
        otherwise = self._before(node.orelse, done, through)
        return self._before(node.body, otherwise, replace(through, raised=failed)) | failed

    def _stored(self, targets: Iterable[ast.AST | None]) -> Names:
        """Names that some targets surely give a value."""
        return frozenset(
            node.id
            for target in targets
            if target is not None
            for node in ast.walk(target)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )

    def _augmented(self, node: ast.stmt) -> Names:
        named = isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
        return frozenset({node.target.id}) & self.scope.bindings.keys() if named else _NONE  # type: ignore[attr-defined]

    def _surely(self, node: ast.AST) -> Names:
        """Names that a statement (or expression) without inner blocks surely gives a value where it ends normally."""
        match node:
            case ast.Assign():
                return self._stored(node.targets) | self._surely(node.value)
            case ast.AnnAssign() if node.value is not None:
                return self._stored([node.target])
            case ast.AugAssign():
                return self._stored([node.target])
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return frozenset({node.name})
            case ast.Import() | ast.ImportFrom():
                return frozenset(a.asname or a.name.partition(".")[0] for a in node.names)
            case ast.NamedExpr():
                return self._stored([node.target]) | self._surely(node.value)
            case ast.Compare():
                return self._surely(node.left)
            case ast.UnaryOp():
                return self._surely(node.operand)
            case ast.BoolOp():
                return self._surely(node.values[0])
            case ast.Expr():
                return self._surely(node.value)
        return _NONE

    # Definite assignment -----------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> Names:
        """The parameters that never lose their value."""
        return (
            frozenset(
                name
                for name, found in self.scope.bindings.items()
                if any(binding.kind == "parameter" for binding in found)
            )
            - self._fragile
        )

    def assigned_before(self, block: Sequence[ast.stmt]) -> Names:
        """The variables that surely have a value where a block begins; every one where it cannot be reached."""
        self._watched = (block[0], block[-1])
        self._entry = None
        self._breaks = []
        self._after(self.function.body, self.parameters)
        return self._entry if self._entry is not None else frozenset(self.scope.bindings)

    def assigned_after(self, block: Sequence[ast.stmt], have: Names) -> Names | None:
        """The variables that surely have a value where a block ends normally; None where it never does."""
        self._watched = None
        self._breaks = []
        return self._after(block, have)

    def _after(self, block: Sequence[ast.stmt], have: Names | None) -> Names | None:
        for statement in block:
            if have is None:
                break
            if self._watched is not None and statement is self._watched[0]:
                self._entry = have if self._entry is None else self._entry & have
            have = self._after_one(statement, have)
        return have

    def _after_one(self, node: ast.stmt, have: Names) -> Names | None:
        match node:
            case ast.Return() | ast.Raise() | ast.Continue():
                return None
            case ast.Break():
                if self._breaks:
                    self._breaks[-1].append(have)
                return None
            case ast.If():
                have |= self._surely(node.test) - self._fragile
                return _join(self._after(node.body, have), self._after(node.orelse, have))
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._after_loop(node, have)
            case ast.Try() | ast.TryStar():
                return self._after_try(node, have)
            case ast.With() | ast.AsyncWith():
                have |= self._stored(item.optional_vars for item in node.items) - self._fragile
                done = self._after(node.body, have)
                return _join(done, have) if may_swallow(node, self.module) else done
            case ast.Match():
                ends = [self._after(case.body, have | self._captured(case)) for case in node.cases]
                last = node.cases[-1]
                whole = (
                    isinstance(last.pattern, ast.MatchAs)
                    and last.pattern.pattern is None
                    and last.guard is None
                )
                return _join(*ends) if whole else _join(*ends, have)
        return have | (self._surely(node) - self._fragile)

    def _captured(self, case: ast.match_case) -> Names:
        found = {
            name
            for node in ast.walk(case.pattern)
            for name in (getattr(node, "name", None), getattr(node, "rest", None))
            if isinstance(name, str)
        }
        # Alternatives bind the same names, and a pattern that matched bound all of them.
        return frozenset(found) - self._fragile

    def _after_loop(self, node: ast.For | ast.AsyncFor | ast.While, have: Names) -> Names | None:
        self._breaks.append([])
        endless = False
        if isinstance(node, ast.While):
            have |= self._surely(node.test) - self._fragile
            endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
            self._after(node.body, have)
        else:
            self._after(node.body, have | (self._stored([node.target]) - self._fragile))
        broke = self._breaks.pop()
        return _join(None if endless else self._after(node.orelse, have), *broke)

    def _after_try(self, node: ast.Try | ast.TryStar, have: Names) -> Names | None:
        done = self._after(node.body, have)
        ends = [self._after(node.orelse, done) if done is not None else None]
        for handler in node.handlers:
            name = frozenset({handler.name} if handler.name else ())
            end = self._after(handler.body, have | (name - self._fragile))
            ends.append(None if end is None else end - name)
        joined = _join(*ends)
        last = self._after(node.finalbody, have)
        return None if joined is None or last is None else joined | last


def _join(*ends: Names | None) -> Names | None:
    known = [end for end in ends if end is not None]
    return frozenset.intersection(*known) if known else None
