"""Copies that are made to be asked once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.writing import argument, is_call, is_method, same_name, small
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.copies import require_order

__all__ = ["CopyForConsumer", "FirstOfList", "LengthOfCopy"]


_SIZED = ("list", "tuple", "str", "bytes", "dict", "set", "frozenset", "range", "collections.deque", "dict_keys", "dict_values",
          "dict_items")  # fmt: skip


_COPIES = ("builtins.list", "builtins.tuple")


#: Functions that take any iterable, go through it once and keep nothing of the container.
_CONSUMERS = frozenset(
    f"builtins.{name}"
    for name in ("sum", "min", "max", "sorted", "set", "frozenset", "list", "tuple", "any", "all")
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
    calls = ("len", "sum")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``len`` of a copy, and ``sum(1 for x in xs)``."""
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in ("len", "sum")
        ):
            return
        copied = _length_source(node, module)
        if copied is None or small(copied, module):
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
        preconditions=(
            "what is copied is of a built-in type with a length",
            "a set's order does not matter, where it is made of a set or dict",
        ),
    )
    nodes = (ast.Call,)
    calls = ("sum", "min", "max", "sorted", "set", "frozenset", "list", "tuple", "any", "all")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of functions that go through an iterable once."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            return
        inner = node.args[0]
        if not isinstance(inner, (ast.Call, ast.ListComp, ast.GeneratorExp)):
            return
        called = module.qualified(node.func)
        if called not in _CONSUMERS:
            return
        if called in ("builtins.min", "builtins.max") and (len(node.args) > 1 or node.keywords):
            return
        if (
            called == "builtins.list"
            and is_call(node, module, "builtins.list")
            and module.calls(inner, "builtins.sorted")
        ):
            yield module.finding(
                self, node, "`sorted` gives a new list already.", title="Leave the copy out", edits=[_unwrap(node, inner, module)],
            )  # fmt: skip
            return
        copied = _copied(inner, module)
        if copied is None or small(copied, module) or module.types.is_a(copied, *_SIZED) is not Known.YES:
            return
        evidence = Evidence()
        if called in ("builtins.set", "builtins.frozenset"):
            require_order(copied, module, evidence)
        yield module.finding(
            self,
            node,
            f"The copy is only made for `{node.func.id}` to go through.",
            evidence,
            title="Leave the copy out",
            edits=[_instead(node, inner, copied, module)],
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
        if (
            not isinstance(node.slice, ast.Constant)
            or type(node.slice.value) is not int
            or node.slice.value != 0
        ):
            return
        made = node.value
        evidence = Evidence()
        if isinstance(made, ast.ListComp):
            if any(clause.is_async for clause in made.generators):
                return
            inner = module.source[module.start(made) + 1 : module.end(made) - 1].strip()
            text = f"next({inner})" if not isinstance(made.elt, ast.NamedExpr) else ""
            if not evidence.require(module.effects.pure(made), "making the other items has no effects"):
                return
        elif isinstance(made, ast.Call) and (
            is_call(made, module, "builtins.list") or is_call(made, module, "builtins.tuple")
        ):
            given = made.args[0]
            if isinstance(given, (ast.GeneratorExp, ast.Constant)) or module.types.name(given) in (
                "str",
                "list",
                "tuple",
            ):
                return
            text = f"next(iter({module.text(given)}))"
            known = module.types.of(given) is not None
            evidence.require(Known.of(known), f"`{module.text(given)}` is of a built-in type")
        else:
            return
        if not text or module.comments_in(module.start(node), module.end(node)):
            return
        evidence.require(
            Known.UNKNOWN, "there is a first item (`next` raises `StopIteration`, not `IndexError`)"
        )
        yield module.finding(
            self,
            node,
            "A whole list is made to read its first item.",
            evidence,
            title="Take the first item",
            edits=[module.replace(node, text)],
        )


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


def _instead(node: ast.Call, inner: ast.expr, copied: ast.expr, module: Module) -> Edit:
    """What is copied in place of the copy; a generator expression may share the parentheses of the call."""
    text = argument(copied, module)
    shared = isinstance(inner, ast.GeneratorExp) and module.end(inner) == module.end(node)
    return Edit(module.start(inner), module.end(inner), f"({text})" if shared else text)


def _unwrap(node: ast.Call, inner: ast.expr, module: Module) -> Edit | None:
    """The inner call instead of the outer one."""
    return module.replace(node, module.text(inner))
