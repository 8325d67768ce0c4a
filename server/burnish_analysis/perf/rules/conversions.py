"""Containers that are made from another one that was made for nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import bracketed, is_call, is_method, names, same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["ConstructorComprehension", "CopyForConsumer", "FirstOfList", "LengthOfCopy", "MapLambda"]

_SIZED = ("list", "tuple", "str", "bytes", "dict", "set", "frozenset", "range", "collections.deque", "dict_keys", "dict_values",
          "dict_items")  # fmt: skip
_COPIES = ("builtins.list", "builtins.tuple")
#: Functions that take any iterable, go through it once and keep nothing of the container.
_CONSUMERS = frozenset(
    f"builtins.{name}" for name in ("sum", "min", "max", "sorted", "set", "frozenset", "list", "tuple", "any", "all")
)


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
        references=("https://docs.python.org/3/reference/expressions.html#displays-for-lists-sets-and-dictionaries",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``list``, ``set`` and ``dict`` with a comprehension."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) != 1:
            return
        if node.func.id not in ("list", "set", "dict") or not isinstance(node.args[0], (ast.ListComp, ast.GeneratorExp)):
            return
        if not is_call(node, module, f"builtins.{node.func.id}"):
            return
        edits = _display(node, node.args[0], module)
        if edits is None:
            return
        yield module.finding(
            self,
            node,
            f"`{node.func.id}` goes through a container or generator that is made for nothing else.",
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

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``list`` and ``set`` with a ``map`` or ``filter`` of a lambda."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in ("list", "set"):
            return
        if not is_call(node, module, f"builtins.{node.func.id}"):
            return
        made = _mapped(node.args[0], module)
        if made is None:
            return
        opening, closing = "[]" if node.func.id == "list" else "{}"
        yield module.finding(
            self,
            node,
            "A lambda is called for every item.",
            title="Make it a comprehension",
            edits=[module.replace(node, f"{opening}{made}{closing}")],
        )


class LengthOfCopy(Rule):
    """``len(list(xs))`` of what has a length itself."""

    id = "length-of-copy"
    about = About(
        summary="A container is copied to learn its length",
        before="""\
def size(index: dict[str, int]) -> int:
    return len(list(index.keys()))
""",
        after="""\
def size(index: dict[str, int]) -> int:
    return len(index)
""",
        why="The copy takes a step for every item; a container knows its length.",
        preconditions=("what is copied is of a built-in type with a length",),
        references=("https://docs.python.org/3/library/functions.html#len",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``len`` of a copy, and ``sum(1 for x in xs)``."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in ("len", "sum"):
            return
        copied = _length_source(node, module)
        if copied is None:
            return
        evidence = Evidence()
        text = module.text(copied)
        known = module.types.is_a(copied, *_SIZED)
        if known is not Known.YES:
            return
        if is_method(copied, "keys", 0) or is_method(copied, "values", 0) or is_method(copied, "items", 0):
            text = module.text(copied.func.value)  # type: ignore[attr-defined]
        yield module.finding(
            self,
            node,
            "A copy is made, or every item counted, only to learn the length.",
            evidence,
            title="Ask for the length itself",
            edits=[module.replace(node, f"len({text})")],
        )


class CopyForConsumer(Rule):
    """``sorted(list(xs))``, ``sum(list(xs))``, ``set(list(xs))``, ``list(sorted(xs))``, ``max([x for x in xs])``."""

    id = "copy-for-consumer"
    about = About(
        summary="A container is copied only to be gone through once",
        before="""\
def total(prices: dict[str, int]) -> int:
    return sum(list(prices.values()))
""",
        after="""\
def total(prices: dict[str, int]) -> int:
    return sum(prices.values())
""",
        why="The copy is made, gone through and thrown away.",
        preconditions=("what is copied is of a built-in type with a length",),
    )
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of functions that go through an iterable once."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            return
        inner = node.args[0]
        if not isinstance(inner, (ast.Call, ast.ListComp, ast.GeneratorExp)):
            return
        called = module.qualified(node.func)
        if called not in _CONSUMERS or (called in ("builtins.min", "builtins.max") and len(node.args) > 1):
            return
        if called == "builtins.list" and is_call(node, module, "builtins.list") and module.calls(inner, "builtins.sorted"):
            yield module.finding(
                self, node, "`sorted` gives a new list already.", title="Leave the copy out", edits=[_unwrap(node, inner, module)],
            )  # fmt: skip
            return
        copied = _copied(inner, module)
        if copied is None or module.types.is_a(copied, *_SIZED) is not Known.YES:
            return
        yield module.finding(
            self,
            node,
            f"The copy is only made for `{node.func.id}` to go through.",
            title="Leave the copy out",
            edits=[module.replace(inner, bracketed(copied, module))],
        )


class FirstOfList(Rule):
    """``list(xs)[0]`` and ``[… for … in xs][0]``."""

    id = "first-of-list"
    about = About(
        summary="A whole list is made to read its first item",
        before="""\
def first_long(words: list[str]) -> str:
    return [word for word in words if len(word) > 5][0]
""",
        after="""\
def first_long(words: list[str]) -> str:
    return next(word for word in words if len(word) > 5)
""",
        why="`next` stops at the first item, the list is filled to its end.",
        preconditions=("there is a first item: `next` raises `StopIteration`, the list `IndexError`",),
        references=("https://docs.python.org/3/library/functions.html#next",),
    )
    nodes = (ast.Subscript,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the item 0 of a list made on the spot."""
        if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
            return
        if not isinstance(node.slice, ast.Constant) or type(node.slice.value) is not int or node.slice.value != 0:
            return
        made = node.value
        evidence = Evidence()
        if isinstance(made, ast.ListComp):
            if any(clause.is_async for clause in made.generators):
                return
            inner = module.source[module.start(made) + 1 : module.end(made) - 1].strip()
            text = f"next({inner})" if not isinstance(made.elt, ast.NamedExpr) else ""
            evidence.require(module.effects.pure(made), "making the other items has no effects")
        elif isinstance(made, ast.Call) and (is_call(made, module, "builtins.list") or is_call(made, module, "builtins.tuple")):
            given = made.args[0]
            if isinstance(given, (ast.GeneratorExp, ast.Constant)) or module.types.name(given) in ("str", "list", "tuple"):
                return
            text = f"next(iter({module.text(given)}))"
            known = module.types.of(given) is not None
            evidence.require(Known.of(known), f"`{module.text(given)}` is of a built-in type")
        else:
            return
        if not text or module.comments_in(module.start(node), module.end(node)):
            return
        evidence.require(Known.UNKNOWN, "there is a first item (`next` raises `StopIteration`, not `IndexError`)")
        yield module.finding(
            self,
            node,
            "A whole list is made to read its first item.",
            evidence,
            title="Take the first item",
            edits=[module.replace(node, text)],
        )


def _display(node: ast.Call, made: ast.ListComp | ast.GeneratorExp, module: Module) -> list[Edit | None] | None:
    """Edits that make a call of ``list``, ``set`` or ``dict`` a comprehension; the text between them stays."""
    function = node.func.id  # type: ignore[attr-defined]
    if function == "list" and isinstance(made, ast.ListComp):
        return None  # a copy, which another rule sees
    opening, closing = ("[", "]") if function == "list" else ("{", "}")
    inner_start = module.start(made.elt)
    tail = module.source[module.end(made) - 1 : module.end(node)]
    start, end = module.start(node), module.end(node)
    head = module.source[start:inner_start]
    # Nothing but brackets and white space may stand around, and no parentheses around the element.
    bare = head[len(function) :].strip()
    if bare not in ("(", "([", "((") or tail.strip() not in (")", "])", "),)", "])", "))"):
        return None
    inside = module.end(made) - (0 if isinstance(made, ast.GeneratorExp) and module.end(made) < end else 1)
    if isinstance(made, (ast.ListComp, ast.GeneratorExp)) and module.source[module.end(made) - 1] in ")]":
        inside = module.end(made) - 1
    edits: list[Edit | None] = [Edit(inside, end, closing)]
    if function != "dict":
        return [Edit(start, inner_start, opening), *edits]
    pair = made.elt
    if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2 or any(isinstance(part, ast.Starred) for part in pair.elts):
        return None
    key, value = (module.text(part) for part in pair.elts)
    if any(isinstance(part, (ast.NamedExpr, ast.Lambda, ast.IfExp, ast.Yield)) for part in pair.elts):
        return None
    return [Edit(start, module.end(pair), f"{opening}{key}: {value}"), *edits]


def _mapped(node: ast.expr, module: Module) -> str | None:
    """The inside of the comprehension that a ``map`` or ``filter`` of a lambda is."""
    if is_call(node, module, "builtins.map", 2):
        filtering = False
    elif is_call(node, module, "builtins.filter", 2):
        filtering = True
    else:
        return None
    function, source = node.args  # type: ignore[attr-defined]
    if not isinstance(function, ast.Lambda):
        return None
    arguments = function.args
    if len(arguments.args) != 1 or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        return None
    refused = (ast.Lambda, ast.NamedExpr, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Await)
    if arguments.defaults or any(isinstance(part, refused) for part in ast.walk(function.body)):
        return None
    item = arguments.args[0].arg
    if item in names(source) or "super" in names(function.body):
        return None
    if isinstance(module.scope(node).function.node, ast.ClassDef):
        return None
    body, text = bracketed(function.body, module), bracketed(source, module)
    return f"{item} for {item} in {text} if {body}" if filtering else f"{body} for {item} in {text}"


def _length_source(node: ast.Call, module: Module) -> ast.expr | None:
    """What ``len(list(xs))``, ``len([x for x in xs])`` and ``sum(1 for x in xs)`` count."""
    if is_call(node, module, "builtins.len"):
        return _copied(node.args[0], module)
    if is_call(node, module, "builtins.sum") and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
        made = node.args[0]
        clause = made.generators[0]
        one = isinstance(made.elt, ast.Constant) and type(made.elt.value) is int and made.elt.value == 1
        plain = isinstance(clause.target, ast.Name) and not clause.ifs and not clause.is_async
        return clause.iter if one and plain and len(made.generators) == 1 else None
    return None


def _copied(node: ast.expr, module: Module) -> ast.expr | None:
    """What ``list(xs)``, ``tuple(xs)``, ``[x for x in xs]`` or ``(x for x in xs)`` copies."""
    if any(is_call(node, module, name) for name in _COPIES):
        return node.args[0]  # type: ignore[attr-defined, no-any-return]
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)) and len(node.generators) == 1:
        clause = node.generators[0]
        if isinstance(clause.target, ast.Name) and same_name(node.elt, clause.target.id):
            return clause.iter if not clause.ifs and not clause.is_async else None
    return None


def _unwrap(node: ast.Call, inner: ast.expr, module: Module) -> Edit | None:
    """The inner call instead of the outer one."""
    return module.replace(node, module.text(inner))
