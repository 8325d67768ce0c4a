"""Recursion over the rest of a sequence: every level copies what is left."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.writing import is_call, same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["SlicingRecursion"]


class SlicingRecursion(Rule):
    """``f(xs[1:])`` inside ``f``."""

    id = "slicing-recursion"
    about = About(
        summary="Every level of a recursion copies the rest of a sequence",
        before="""\
def total(numbers: list[int]) -> int:
    if not numbers:
        return 0
    return numbers[0] + total(numbers[1:])
""",
        after="""\
def total(numbers: list[int], start: int = 0) -> int:
    if start >= len(numbers):
        return 0
    return numbers[start] + total(numbers, start + 1)
""",
        why="A slice copies all that is left, at every level; a place in the one sequence costs the same at every level.",
        preconditions=(
            "the sequence is only asked for whether it is empty, its length and its items from the front",
            "it stays the same meanwhile, and nobody minds one more parameter",
        ),
    )
    nodes = (ast.FunctionDef,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At functions that call themselves with a parameter's rest."""
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            return
        call = _own_call(node, module)
        if call is None:
            return
        found = _parameter(node, call, module)
        if found is None:
            return
        place, name = found
        start = module.fresh_name(node, "start", f"{name}_start")
        edits = _by_index(node, name, place, start, module)
        if edits is None:
            return
        evidence = Evidence()
        evidence.require(
            Known.UNKNOWN, f"`{name}` is a sequence that stays the same, and one more parameter does no harm"
        )
        yield module.finding(
            self,
            call,
            f"Every level of the recursion copies what is left of `{name}`.",
            evidence,
            title="Pass the place instead of a copy",
            edits=edits,
        )


def _calls_self(part: ast.AST, function: ast.FunctionDef) -> bool:
    return isinstance(part, ast.Call) and same_name(part.func, function.name)


def _own_call(function: ast.FunctionDef, module: Module) -> ast.Call | None:
    """The first call of the function in itself that passes a rest ``xs[1:]``."""
    scope = module.scope(function)
    for use in scope.uses.get(function.name, ()):
        call = module.parent(use)
        if (
            isinstance(call, ast.Call)
            and call.func is use
            and any(_rest(argument) for argument in call.args)
            and any(outer is function for outer in module.ancestors(call))
        ):
            return call if len(scope.bindings.get(function.name, ())) == 1 else None
    return None


def _rest(node: ast.AST) -> str:
    """``xs`` of ``xs[1:]``."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Slice)
    ):
        part = node.slice
        one = isinstance(part.lower, ast.Constant) and type(part.lower.value) is int and part.lower.value == 1
        return node.value.id if one and part.upper is None and part.step is None else ""
    return ""


def _parameter(function: ast.FunctionDef, call: ast.Call, module: Module) -> tuple[int, str] | None:
    """Which parameter is passed on as its rest, where it is in its own place and nothing binds it anew."""
    arguments = function.args
    if arguments.posonlyargs or arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        return None
    for place, given in enumerate(call.args):
        name = _rest(given)
        if name and place < len(arguments.args) and arguments.args[place].arg == name:
            return (place, name) if len(module.inside(function).bindings[name]) == 1 else None
    return None


def _by_index(
    function: ast.FunctionDef, name: str, place: int, start: str, module: Module
) -> list[Edit | None] | None:
    """Edits that pass a place along; None where a use of the parameter needs the copy."""
    inner = module.inside(function)
    edits: list[Edit | None] = []
    rests = 0
    for use in inner.uses.get(name, ()):
        parent = module.parent(use)
        if module.scope(use).function is not inner or parent is None or not module.readable(use):
            return None
        call = module.parent(parent)
        if _rest(parent) and isinstance(call, ast.Call) and _calls_self(call, function):
            if call.keywords or len(call.args) != len(function.args.args) or call.args[place] is not parent:
                return None
            closing = module.end(call) - 1
            comma = "," in module.source[module.end(call.args[-1]) : closing]
            edits += [
                module.replace(parent, name),
                Edit(closing, closing, f"{'' if comma else ','} {start} + 1"),
            ]
            rests += 1
            continue
        edit = _asked(use, name, start, module)
        if edit is None:
            return None
        edits.append(edit)
    if not rests or rests != sum(_calls_self(part, function) for part in walk(function)):
        return None
    last_argument = function.args.args[-1]
    end = module.end(function.args.defaults[-1] if function.args.defaults else last_argument)
    annotated = last_argument.annotation is not None
    return [Edit(end, end, f", {start}: int = 0" if annotated else f", {start}=0"), *edits]


def _asked(use: ast.Name, name: str, start: str, module: Module) -> Edit | None:
    """How a question about the rest is asked of the whole."""
    parent = module.parent(use)
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return module.replace(parent, f"{start} >= len({name})")
    if isinstance(parent, (ast.If, ast.IfExp)) and parent.test is use:
        return module.replace(use, f"{start} < len({name})")
    if isinstance(parent, ast.Subscript) and parent.value is use and isinstance(parent.ctx, ast.Load):
        index = parent.slice
        if isinstance(index, ast.Constant) and type(index.value) is int and index.value >= 0:
            shifted = f"{start} + {index.value}" if index.value else start
            return Edit(module.start(index), module.end(index), shifted)
        return None
    if isinstance(parent, ast.Call) and is_call(parent, module, "builtins.len"):
        compared = module.parent(parent)
        if isinstance(compared, ast.Compare):
            return Edit(module.start(parent), module.end(parent), f"len({name}) - {start}")
        return Edit(module.start(parent), module.end(parent), f"(len({name}) - {start})")
    return None
