"""Loops that fill a list, set or dictionary."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import builtin
from burnish_analysis.perf.facts.sequences import half_built, whole_local
from burnish_analysis.perf.facts.writing import argument, is_method, same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import (
    Clauses,
    assigned,
    clauses_of,
    comprehension_text,
    fits_comprehension,
    offer,
    recurses,
)

__all__ = ["Comprehension"]


class Comprehension(Refactoring):
    """An empty container and a loop that only fills it."""

    id = "comprehension"
    about = About(
        summary="A list, set or dictionary is filled by a loop that does nothing else",
        before="""\
def lengths(words: list[str]) -> dict[str, int]:
    found = {}
    for word in words:
        if word:
            found[word] = len(word)
    return found
""",
        after="""\
def lengths(words: list[str]) -> dict[str, int]:
    found = {word: len(word) for word in words if word}
    return found
""",
        why="A comprehension says at once what is made of what; the loop must be read to its end to know that it does nothing else.",
        preconditions=(
            "the container is made right before the loop, is local and is not read in it",
            "the loop's variables are not used afterwards, and nobody sees the container after an exception",
            "of a dictionary, it makes no difference whether key or value is evaluated first",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops right after an empty container, of which everything but one statement is ``for`` and ``if``."""
        if not isinstance(node, ast.For) or node.orelse:
            return
        found = clauses_of(node)
        if found is None or len(found.body) != 1:
            return
        made = _filled(found.body[0])
        begin = module.previous(node) if made else None
        first = assigned(begin)
        if made is None or begin is None or first is None or first[0].id != made[0].id:
            return
        name, results, kind = made
        if _empty(first[1], module) != kind or not whole_local(name, module):
            return
        inside = [use for use in module.walk(node) if same_name(use, name.id)]
        if inside != [name] or not fits_comprehension(found, results, module):
            return
        evidence = Evidence()
        evidence.require(
            Known.of(not half_built(name, node, module)),
            f"nobody reads `{name.id}` after an exception in the loop",
        )
        evidence.require(
            Known.of(not recurses(node, module)), "the function calls itself only a few levels deep"
        )
        if kind == "dict":
            evidence.require(
                _order_free(results, module), "it makes no difference whether key or value is evaluated first"
            )
        text = _text(kind, found, results, begin, module)
        yield from offer(
            self,
            module,
            begin,
            f"The loop only fills `{name.id}`.",
            evidence,
            f"Make `{name.id}` with a comprehension",
            [
                Edit(module.start(first[1]), module.end(first[1]), text) if text else None,
                Edit(module.end(begin), module.end(node), ""),
            ],
            until=node,
        )


def _empty(value: ast.expr, module: Module) -> str:
    """What an empty container is: ``list``, ``set``, ``dict``, or nothing."""
    if isinstance(value, ast.List) and not value.elts:
        return "list"
    if isinstance(value, ast.Dict) and not value.keys:
        return "dict"
    if isinstance(value, ast.Call) and not value.args and not value.keywords:
        called = module.qualified(value.func)
        return next((kind for kind in ("list", "set", "dict") if called == f"builtins.{kind}"), "")
    return ""


def _filled(statement: ast.stmt) -> tuple[ast.Name, list[ast.expr], str] | None:
    """The container, what is put into it (key and value of a dictionary), and its kind."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        for method, kind in (("append", "list"), ("add", "set")):
            if is_method(call, method, 1) and isinstance(call.func, ast.Attribute):
                owner = call.func.value
                return (owner, call.args, kind) if isinstance(owner, ast.Name) else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        place = statement.targets[0]
        if (
            isinstance(place, ast.Subscript)
            and isinstance(place.value, ast.Name)
            and not isinstance(place.slice, (ast.Slice, ast.Starred))
        ):
            return place.value, [place.slice, statement.value], "dict"
    return None


def _order_free(results: list[ast.expr], module: Module) -> Known:
    """Whether key or value can neither raise nor be changed by the other: a loop evaluates the value first, a comprehension the key."""
    key, value = results
    pure = module.effects.pure(key) & module.effects.pure(value)
    for one, other in ((key, value), (value, key)):
        settled = isinstance(one, (ast.Name, ast.Constant)) or _names_only(one)
        if settled or (module.effects.total(one) is Known.YES and pure is Known.YES):
            return Known.YES
        if module.effects.total(other) is Known.YES and pure is Known.YES:
            return Known.YES
    return Known.UNKNOWN


def _names_only(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple) and all(
        isinstance(part, (ast.Name, ast.Constant)) for part in node.elts
    )


def _text(kind: str, found: Clauses, results: list[ast.expr], begin: ast.stmt, module: Module) -> str | None:
    only = results[0]
    loop = found.loops[0]
    copied = len(found.parts) == 1 and isinstance(loop.target, ast.Name) and same_name(only, loop.target.id)
    if copied and kind in ("list", "set"):
        # The name may mean something else here.
        return f"{kind}({argument(loop.iter, module)})" if builtin(begin, module, kind) else None
    written = [f"({module.text(part)})" if _loose(part, module) else module.text(part) for part in results]
    brackets = ("[", "]") if kind == "list" else ("{", "}")
    return comprehension_text(
        brackets, ": ".join(written), found.parts, begin, len(module.text(begin)), module
    )


def _loose(node: ast.expr, module: Module) -> bool:
    """Whether an expression cannot stand in brackets as it is: a tuple without its own, or ``*x``."""
    return (
        isinstance(node, ast.Starred)
        or (isinstance(node, ast.Tuple) and not module.text(node).startswith("("))
        or (isinstance(node, ast.Tuple) and not module.text(node).endswith(")"))
    )
