"""Functions that work out the same again and again because they call themselves more than once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.recursion_growth import grows
from burnish_analysis.perf.walking import walk

__all__ = ["ExponentialRecursion"]

_KEYS = frozenset({"int", "str", "bytes", "bool"})
_RESULTS = _KEYS | {"float", "complex", "NoneType", "frozenset"}
_STATEMENTS = (
    ast.Return, ast.If, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.While, ast.Expr, ast.Pass, ast.Break, ast.Continue,
    ast.Raise,
)  # fmt: skip


class ExponentialRecursion(Rule):
    """A function that calls itself twice on smaller numbers."""

    id = "exponential-recursion"
    about = About(
        summary="A function calls itself more than once and works out the same values again",
        before="""\
import functools


def ways(steps: int) -> int:
    if steps < 2:
        return 1
    return ways(steps - 1) + ways(steps - 2)
""",
        after="""\
import functools


@functools.cache
def ways(steps: int) -> int:
    if steps < 2:
        return 1
    return ways(steps - 1) + ways(steps - 2)
""",
        why="The number of calls grows exponentially; there are only as many different ones as there are different arguments.",
        preconditions=(
            "the function does nothing but work out its result, from its arguments alone",
            "its arguments are hashable, and equal ones mean the same",
            "callers cannot change the result",
        ),
        references=("https://docs.python.org/3/library/functools.html#functools.cache",),
    )
    nodes = (ast.FunctionDef,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At functions at the top level, or inside other functions, that call themselves."""
        if (
            not isinstance(node, ast.FunctionDef)
            or node.decorator_list
            or node.args.vararg
            or node.args.kwarg
        ):
            return
        scope = module.scope(node)
        if scope.kind == "class" or len(scope.bindings.get(node.name, ())) != 1 or not node.args.args:
            return
        if len(scope.uses.get(node.name, ())) < 2:
            return
        calls = _own_calls(node, module)
        names = {
            argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        }
        if len(calls) < 2 or not _overlap(calls, names, module):
            return
        evidence = Evidence()
        if not _only_works_out(node, calls, module, evidence):
            return
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            kind = (
                module.types.of_annotation(argument.annotation) if argument.annotation is not None else None
            )
            known = (
                Known.UNKNOWN
                if kind is None
                else (Known.YES if kind.name in _KEYS else module.types.hashable(kind) & Known.UNKNOWN)
            )
            if not evidence.require(
                known, f"`{argument.arg}` is hashable, and equal values of it mean the same"
            ):
                return
        if not evidence.require(_fixed_result(node, module), "nobody changes the result"):
            return
        if not grows(node, calls, module):
            evidence.require(
                Known.UNKNOWN, "calls end, and are not nested several hundred deep (the limit comes sooner)"
            )
        if scope.kind != "module":
            evidence.require(Known.UNKNOWN, "the function is called often enough from where it is defined")
        text = f"@{module.imported('functools', 'cache', at=node)}"
        yield module.finding(
            self,
            node,
            f"`{node.name}` calls itself {len(calls)} times and meets the same arguments again and again.",
            evidence,
            title=f"Remember the results of `{node.name}`",
            edits=[module.insert_before(node, text)],
            imports=[Import("functools", "cache")],
            until=node.args.args[-1],
        )


def _own_calls(node: ast.FunctionDef, module: Module) -> list[ast.Call]:
    return [
        part
        for part in module.walk(*node.body)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id == node.name
        and module.scope(part).find(node.name) is module.scope(node)
    ]


def _overlap(calls: list[ast.Call], names: set[str], module: Module) -> bool:
    """Whether two calls can happen in one run, and their arguments are parameters less something: so that they meet again."""
    if any(call.keywords or any(isinstance(part, ast.Starred) for part in call.args) for call in calls):
        return False
    if not all(_steps(call, names) for call in calls):
        return False
    return any(
        _together(one, other, module) for place, one in enumerate(calls) for other in calls[place + 1 :]
    )


def _steps(call: ast.Call, names: set[str]) -> bool:
    """Whether every argument is a parameter, one changed by adding or subtracting, or a constant; and one is made smaller or greater."""
    stepped = False
    for part in call.args:
        match part:
            case ast.Name(id=name) if name in names:
                pass
            case ast.Constant():
                pass
            case ast.BinOp(
                left=ast.Name(id=name),
                op=ast.Sub() | ast.Add(),
                right=ast.Constant() | ast.Name() | ast.Subscript(),
            ) if name in names:
                stepped = True
            case _:
                return False
    return stepped


def _together(one: ast.Call, other: ast.Call, module: Module) -> bool:
    """Whether nothing keeps one run from making both calls: other arms of an ``if``, or a ``return`` between them."""
    above = [one, *module.ancestors(one)]
    shared = next(part for part in (other, *module.ancestors(other)) if part in above)
    if isinstance(shared, ast.If):
        arms = [
            any(part in above for part in shared.body),
            any(part in (other, *module.ancestors(other)) for part in shared.body),
        ]
        if arms[0] != arms[1]:
            return any(shared.test in (call, *module.ancestors(call)) for call in (one, other))
    if isinstance(shared, ast.IfExp):
        return any(shared.test in (call, *module.ancestors(call)) for call in (one, other))
    if isinstance(shared, ast.stmt) and module.statement(one) is not module.statement(other):
        # In different statements of a block: the first must not leave.
        inner = next(part for part in above if isinstance(part, ast.stmt) and module.parent(part) is shared)
        left = isinstance(inner, ast.Return) or (
            isinstance(inner, ast.If) and isinstance(inner.body[-1], (ast.Return, ast.Raise))
        )
        return not left
    return True


def _only_works_out(node: ast.FunctionDef, calls: list[ast.Call], module: Module, evidence: Evidence) -> bool:
    """Whether the function is pure; False where it is shown not to be."""
    own = module.inside(node)
    for part in module.walk(*node.body):
        if isinstance(part, (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal, ast.NamedExpr)):
            return False
        if isinstance(part, ast.stmt) and not isinstance(part, _STATEMENTS):
            evidence.require(Known.UNKNOWN, f"`{node.name}` does nothing but work out its result")
        if isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load):
            return False
        if isinstance(part, ast.Call) and part not in calls:
            known = _call_pure(part, calls, module)
            if not evidence.require(
                known, f"`{module.text(part.func)}` does nothing but work out its result"
            ):
                return False
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            owner = module.scope(part).find(part.id)
            if (
                owner is own
                or (owner.parent is not None and owner.kind in ("comprehension", "lambda"))
                or part.id == node.name
            ):
                continue
            evidence.require(_constant(part, module), f"`{part.id}` does not change between calls")
    return True


def _call_pure(call: ast.Call, calls: list[ast.Call], module: Module) -> Known:
    found = Known.YES
    for part in walk(call):
        if isinstance(part, ast.Call) and part not in calls:
            found &= module.effects.call(part)
    return found


def _constant(name: ast.Name, module: Module) -> Known:
    """Whether a variable from outside the function is a built-in, an import, a function or a constant."""
    bindings = module.flow.bindings(name)
    if not bindings:
        return Known.of(module.qualified(name) is not None)
    if len(bindings) != 1:
        return Known.UNKNOWN
    if bindings[0].kind in ("import", "define"):
        return Known.YES
    value = bindings[0].value
    return Known.of(
        value is not None
        and isinstance(value, (ast.Constant, ast.UnaryOp))
        and module.types.name(value) in _RESULTS
    )


def _fixed_result(node: ast.FunctionDef, module: Module) -> Known:
    """Whether callers cannot change what is returned."""
    kind = module.types.of_annotation(node.returns) if node.returns is not None else None
    if kind is not None:
        if kind.name in ("list", "dict", "set", "bytearray"):
            return Known.NO
        return Known.of(kind.name in _RESULTS)
    if isinstance(node.returns, ast.Constant) and node.returns.value is None:
        return Known.NO
    found = Known.YES
    returned = False
    for part in module.walk(*node.body):
        if isinstance(part, ast.Return) and part.value is not None and module.function(part) is node:
            returned = True
            if isinstance(part.value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)):
                return Known.NO
            name = module.types.name(part.value)
            if name in ("list", "dict", "set"):
                return Known.NO
            found &= Known.of(name in _RESULTS)
    return found if returned else Known.NO
