"""Counting by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Evidence, Finding, Import, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.counting import begun_before, finished
from burnish_analysis.perf.rules.joins_parts import leaks
from burnish_analysis.perf.rules.lookup_parts import CONTAINERS, membership, names_in, short

__all__ = ["ManualCount"]

_NO_MAPPING = (CONTAINERS | {"generator", "iterator", "file"}) - {
    "dict", "collections.Counter", "collections.defaultdict", "collections.OrderedDict",
}  # fmt: skip


class ManualCount(Rule):
    """``for x in xs: d[x] = d.get(x, 0) + 1``, and the other ways to write it."""

    id = "manual-count"
    about = About(
        summary="Values are counted one by one in a dictionary",
        before="""\
def counts(words: list[str]) -> dict[str, int]:
    found = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return found
""",
        after="""\
from collections import Counter
def counts(words: list[str]) -> dict[str, int]:
    found = dict(Counter(words))
    return found
""",
        why="`Counter` counts in C. `dict` around it keeps the type and the order that the loop gave.",
        preconditions=(
            "what is gone through is no dictionary (a `Counter` would take its values for counts)",
            "the dictionary is empty before the loop, and the loop's variable is not used after it",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops that only count."""
        if not isinstance(node, ast.For) or node.orelse or not isinstance(node.target, ast.Name):
            return
        counts, adds = _counted(node, node.target.id)
        begun = begun_before(node, counts, module) if counts else None
        if begun is None or begun.value is None:
            return
        form = _made(begun.value, adds, module)
        if form is None or counts in names_in(node.iter) or leaks([node.target.id], node, node, module):
            return
        kind = module.types.of(node.iter)
        text = short(module.text(node.iter))
        evidence = Evidence()
        if kind is not None and kind.name not in _NO_MAPPING:
            return
        evidence.require(Known.of(kind is not None), f"`{text}` is no dictionary")
        unseen = finished(node, module)
        if module.types.hashable(kind.element if kind else None) is not Known.YES:
            unseen &= Known.of(
                not any(isinstance(outer, (ast.Try, ast.TryStar)) for outer in module.ancestors(node))
            )
        evidence.require(unseen, f"going through `{text}` does not fail")
        pure = module.effects.pure(node.iter)
        evidence.require(
            Known.UNKNOWN if pure is Known.NO else pure, f"evaluating `{text}` does not look at `{counts}`"
        )
        counter = module.imported("collections", "Counter", at=node)
        yield module.finding(
            self,
            node,
            f"The values of `{text}` are counted one by one; a Counter counts them all at once.",
            evidence,
            title="Count with a Counter",
            edits=[
                module.replace(begun.value, form.format(f"{counter}({module.text(node.iter)})")),
                module.delete(node),
            ],
            imports=[Import("collections", "Counter")],
            until=node.body[-1],
        )


def _made(value: ast.expr, adds: bool, module: Module) -> str | None:
    """How the counts are made from a Counter, by what they begin as; None where that is something else."""
    if isinstance(value, ast.Dict):
        return None if value.keys or adds else "dict({})"
    if not isinstance(value, ast.Call) or value.keywords:
        return None
    if module.calls(value, "builtins.dict"):
        return None if value.args or adds else "dict({})"
    if module.calls(value, "collections.Counter"):
        return None if value.args else "{}"
    if (
        module.calls(value, "collections.defaultdict")
        and len(value.args) == 1
        and isinstance(value.args[0], ast.Name)
    ):
        whole = module.qualified(value.args[0]) == "builtins.int"
        return f"{module.text(value.func)}({module.text(value.args[0])}, {{}})" if whole else None
    return None


def _counted(node: ast.For, key: str) -> tuple[str, bool]:
    """The dictionary in which the loop counts, and whether it needs what is missing to be 0; an empty name where it does more."""
    body = node.body
    first = body[0]
    if len(body) == 1:
        if isinstance(first, ast.AugAssign):
            return _item(first.target, key) if _is_one(first) else "", True
        if isinstance(first, ast.Assign):
            return _by_get(first, key), False
        if (
            isinstance(first, ast.If)
            and isinstance(first.test, ast.Compare)
            and len(first.body) == len(first.orelse) == 1
        ):
            new, old = first.body[0], first.orelse[0]
            if isinstance(first.test.ops[0], ast.In):
                new, old = old, new
            name = _begins(new, key, 1)
            return name if name and _tests(first.test, key, name) and _adds(old, key) == name else "", False
        return "", False
    if len(body) == 2 and isinstance(first, ast.If) and not first.orelse and len(first.body) == 1:
        name = _begins(first.body[0], key, 0)
        tested = isinstance(first.test, ast.Compare) and isinstance(first.test.ops[0], ast.NotIn)
        return name if name and tested and _tests(first.test, key, name) and _adds(
            body[1], key
        ) == name else "", False
    return "", False


def _item(node: ast.expr, key: str) -> str:
    """``d``, where ``node`` is ``d[key]``."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Name)
    ):
        return node.value.id if node.slice.id == key and node.value.id != key else ""
    return ""


def _number(node: ast.expr, number: int) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == number


def _is_one(node: ast.stmt) -> bool:
    return isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and _number(node.value, 1)


def _adds(node: ast.stmt, key: str) -> str:
    return _item(node.target, key) if isinstance(node, ast.AugAssign) and _is_one(node) else ""


def _begins(node: ast.stmt, key: str, number: int) -> str:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and _number(node.value, number):
        return _item(node.targets[0], key)
    return ""


def _tests(test: ast.expr, key: str, name: str) -> bool:
    searched = membership(test)
    return (
        isinstance(searched, ast.Name)
        and searched.id == name
        and isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == key
    )


def _by_get(node: ast.Assign, key: str) -> str:
    """``d``, where the statement is ``d[key] = d.get(key, 0) + 1``."""
    name = _item(node.targets[0], key) if len(node.targets) == 1 else ""
    value = node.value
    if not name or not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return ""
    call, one = (value.left, value.right) if isinstance(value.left, ast.Call) else (value.right, value.left)
    shown = (
        _number(one, 1)
        and isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "get"
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
        and len(call.args) == 2
        and not call.keywords
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == key
        and _number(call.args[1], 0)
    )
    return name if shown else ""
