"""Containers that are made from another one that was made for nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.writing import bracketed, is_call, names, small
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["ConstructorComprehension", "MapLambda"]

_STOPPING = ("next", "__next__", "send", "throw")


class ConstructorComprehension(Rule):
    """``set([…])``, ``dict([(k, v) …])``, ``list(… for …)``, ``set(… for …)`` and ``dict((k, v) for …)``."""

    id = "constructor-comprehension"
    about = About(
        summary="A container is made from a comprehension that is thrown away",
        before="""\
def lengths(words: list[str]) -> dict[str, int]:
    return dict((word, len(word)) for word in words)
""",
        after="""\
def lengths(words: list[str]) -> dict[str, int]:
    return {word: len(word) for word in words}
""",
        why="A comprehension of its own fills the container; no list is made first, no generator resumed, and no pair made for every item.",
        preconditions=("the name (`list`, `set`, `dict`) means the built-in",),
        references=(
            "https://docs.python.org/3/reference/expressions.html#displays-for-lists-sets-and-dictionaries",
        ),
    )
    nodes = (ast.Call,)
    calls = ("list", "set", "dict")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``list``, ``set`` and ``dict`` with a comprehension."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) != 1:
            return
        if node.func.id not in ("list", "set", "dict") or not isinstance(
            node.args[0], (ast.ListComp, ast.GeneratorExp)
        ):
            return
        if not is_call(node, module, f"builtins.{node.func.id}"):
            return
        made = node.args[0]
        edits = _display(node, made, module)
        if edits is None:
            return
        evidence = Evidence()
        if node.func.id != "list" and isinstance(made, ast.ListComp):
            # The list is finished before the first item is hashed; a comprehension hashes each at once.
            key = made.elt.elts[0] if node.func.id == "dict" and isinstance(made.elt, ast.Tuple) else made.elt
            hashable = module.types.hashable(module.types.of(key)) is Known.YES
            kept = hashable or module.effects.total(made.elt) is Known.YES
            evidence.require(Known.of(kept), f"`{module.text(key)}` is hashable")
        yield module.finding(
            self,
            node,
            f"`{node.func.id}` goes through a container or generator that is made for nothing else.",
            evidence,
            title="Make it a comprehension of its own",
            edits=edits,
        )


class MapLambda(Rule):
    """``list(map(lambda x: …, xs))`` and ``list(filter(lambda x: …, xs))``."""

    id = "map-lambda"
    about = About(
        summary="A lambda is called for every item",
        before="""\
def doubled(numbers: list[int]) -> list[int]:
    return list(map(lambda number: number * 2, numbers))
""",
        after="""\
def doubled(numbers: list[int]) -> list[int]:
    return [number * 2 for number in numbers]
""",
        why="A comprehension evaluates the expression in place; a lambda is a call for every item.",
        preconditions=("the lambda has one plain parameter, and makes no function of its own",),
    )
    nodes = (ast.Call,)
    calls = ("list", "set")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``list`` and ``set`` with a ``map`` or ``filter`` of a lambda."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in ("list", "set")
        ):
            return
        if not is_call(node, module, f"builtins.{node.func.id}"):
            return
        made = _mapped(node.args[0], module)
        if made is None or _formatted(node, module):
            return
        opening, closing = "[]" if node.func.id == "list" else "{}"
        yield module.finding(
            self,
            node,
            "A lambda is called for every item.",
            title="Make it a comprehension",
            edits=[module.replace(node, f"{opening}{made}{closing}")],
        )


def _display(
    node: ast.Call, made: ast.ListComp | ast.GeneratorExp, module: Module
) -> list[Edit | None] | None:
    """Edits that make a call of ``list``, ``set`` or ``dict`` a comprehension; the text from the element on stays."""
    function = node.func.id  # type: ignore[attr-defined]
    if (function == "list" and isinstance(made, ast.ListComp)) or _may_stop(made):
        return None  # a copy is another rule's
    if (
        _formatted(node, module)
        or any(clause.is_async for clause in made.generators)
        or small(made.generators[0].iter, module)
    ):
        return None
    opening, closing = ("[", "]") if function == "list" else ("{", "}")
    # The brackets of a generator expression that is the only argument are those of the call.
    start, end, inside = module.start(node), module.end(node), module.end(made) - 1
    first = module.start(made.elt)
    if module.source[module.end(node.func) : first].strip() not in ("(", "([", "(("):
        return None
    if module.source[inside:end].strip() not in (")", "])", "))"):
        return None
    edits: list[Edit | None] = [Edit(inside, end, closing)]
    if function != "dict":
        return [Edit(start, first, opening), *edits]
    pair = made.elt
    if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2:
        return None
    loose = (ast.NamedExpr, ast.Lambda, ast.IfExp, ast.Yield, ast.Starred)
    if any(isinstance(part, loose) for part in pair.elts):
        return None
    key, value = (module.text(part) for part in pair.elts)
    return [Edit(start, module.end(pair), f"{opening}{key}: {value}"), *edits]


def _formatted(node: ast.AST, module: Module) -> bool:
    """Whether it stands in an f-string, where ``{{`` is no set."""
    return any(isinstance(outer, ast.FormattedValue) for outer in module.ancestors(node))


def _may_stop(made: ast.AST) -> bool:
    """Whether something in it may raise ``StopIteration``, which ends a generator and ``map`` but not a comprehension."""
    return any(
        isinstance(part, (ast.Await, ast.Yield, ast.YieldFrom))
        or (
            isinstance(part, ast.Call)
            and getattr(part.func, "attr", getattr(part.func, "id", "")) in _STOPPING
        )
        for part in walk(made)
    )


def _mapped(node: ast.expr, module: Module) -> str | None:
    """The inside of the comprehension that a ``map`` or ``filter`` of a lambda is."""
    if is_call(node, module, "builtins.map", 2):
        filtering = False
    elif is_call(node, module, "builtins.filter", 2):
        filtering = True
    else:
        return None
    function, source = node.args  # type: ignore[attr-defined]
    if not isinstance(function, ast.Lambda) or small(source, module):
        return None
    arguments = function.args
    if (
        len(arguments.args) != 1
        or arguments.posonlyargs
        or arguments.kwonlyargs
        or arguments.vararg
        or arguments.kwarg
    ):
        return None
    refused = (ast.Lambda, ast.NamedExpr, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Await)
    if (
        arguments.defaults
        or _may_stop(function.body)
        or any(isinstance(part, refused) for part in walk(function.body))
    ):
        return None
    item = arguments.args[0].arg
    if item in names(source) or "super" in names(function.body):
        return None
    if isinstance(module.scope(node).function.node, ast.ClassDef):
        return None
    text = bracketed(source, module)
    if filtering:
        return f"{item} for {item} in {text} if {bracketed(function.body, module)}"
    return f"{module.text(function.body)} for {item} in {text}"
