"""Loops and comprehensions that only copy."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import half_built, private_until, whole_local
from burnish_analysis.perf.facts.survival import loop_target_survives
from burnish_analysis.perf.facts.writing import argument, assignment, is_method, names, same_name, small
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["CopyComprehension", "CopyLoop", "empty_list", "require_order"]

#: A set that is made of one of these at once may be laid out otherwise than one that takes their items one by one.
_LAID_OUT = ("set", "frozenset", "dict")

_METHODS = {"append": ("extend", ("list", "collections.deque")), "add": ("update", ("set",))}


class CopyLoop(Rule):
    """``for x in xs: found.append(x)``."""

    id = "copy-loop"
    about = About(
        summary="A loop copies items one by one",
        before="""\
def flat(rows: list[list[int]]) -> list[int]:
    found = []
    for row in rows:
        for value in row:
            found.append(value)
    return found
""",
        after="""\
def flat(rows: list[list[int]]) -> list[int]:
    found = []
    for row in rows:
        found.extend(row)
    return found
""",
        why="`extend` and `update` copy in one step what the loop copies by a call for every item.",
        preconditions=(
            "what is added to is a list, a deque or a set, and not what the loop goes through",
            "the loop's variable is not used afterwards",
            "a set's order does not matter, where it is made of a set or dict",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops whose body is one ``append`` or ``add`` of the loop's variable."""
        if not isinstance(node, ast.For):
            return
        call = _single_call(node)
        if call is None or not same_name(node.target, getattr(call.args[0], "id", "")):
            return
        name = call.func.value  # type: ignore[attr-defined]
        method, kinds = _METHODS[call.func.attr]  # type: ignore[attr-defined]
        if (
            node.orelse
            or same_name(node.target, name.id)
            or loop_target_survives(node, module)
            or small(node.iter, module)
        ):
            return
        known = module.types.is_a(name, *kinds)
        if known is Known.UNKNOWN and (method == "update" or name.id in ("self", "cls")):
            return  # much that has an `add` is no set
        evidence = Evidence()
        if not evidence.require(known, f"`{name.id}` is a {kinds[0]}"):
            return
        evidence.require(
            _other_object(name, node.iter, module), f"`{name.id}` is not what the loop goes through"
        )
        if name.id in names(node.iter):
            return
        if method == "update":
            require_order(node.iter, module, evidence)
        yield module.finding(
            self,
            node,
            f"Items are copied one by one; `{method}` copies them in one step.",
            evidence,
            title=f"Copy by `{method}`",
            edits=_copied_at_once(node, name, method, module),
        )


class CopyComprehension(Rule):
    """``[x for x in xs]``, ``{x for x in xs}`` and ``{k: v for k, v in d.items()}``."""

    id = "copy-comprehension"
    about = About(
        summary="A comprehension copies items one by one",
        before="""\
def copied(numbers: list[int]) -> list[int]:
    return [number for number in numbers]
""",
        after="""\
def copied(numbers: list[int]) -> list[int]:
    return list(numbers)
""",
        why="`list`, `set` and `dict` copy in one step what the comprehension copies item by item.",
        preconditions=(
            "what is copied is of a built-in type, or an iterator",
            "a set's order does not matter, where it is made of a set or dict",
        ),
    )
    nodes = (ast.ListComp, ast.SetComp, ast.DictComp)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comprehensions whose result is their variable."""
        made = _copying(node, module)
        if made is None:
            return
        text, evidence = made
        yield module.finding(
            self,
            node,
            "Items are copied one by one.",
            evidence,
            title="Copy in one step",
            edits=[module.replace(node, text)],
        )


def _single_call(node: ast.For) -> ast.Call | None:
    """The call of ``for …: name.append(x)`` or ``name.add(x)``."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.Expr):
        return None
    call = node.body[0].value
    if isinstance(call, ast.Call) and (is_method(call, "append", 1) or is_method(call, "add", 1)):
        return call
    return None


def _copied_at_once(node: ast.For, name: ast.Name, method: str, module: Module) -> list[Edit | None]:
    """``found = list(xs)`` where the empty list is made right before, else ``found.extend(xs)``."""
    text = argument(node.iter, module)
    begin = module.previous(node)
    value = empty_list(begin, name.id) if begin is not None and method == "extend" else None
    free = "list" not in module.scope(node).find("list").bindings and not module.imports.star
    if (
        begin is not None
        and value is not None
        and free
        and not half_built(name, node, module)
        and whole_local(name, module)
    ):
        between = module.end(begin), module.end(node)
        if not module.comments_in(*between):
            return [module.replace(value, f"list({text})"), Edit(*between, "")]
    return [module.replace(node, f"{name.id}.{method}({text})")]


def _other_object(name: ast.Name, iterated: ast.expr, module: Module) -> Known:
    """Whether what is iterated over is certainly not the object that ``name`` is, nor goes through it on the way."""
    if private_until(name, module.statement(iterated), module) or (
        module.flow.private(name) and whole_local(name, module)
    ):
        return Known.YES
    kind, own = module.types.of(iterated), module.types.of(name)
    if kind is None:
        return Known.UNKNOWN
    if kind.name in ("iterator", "generator", "file", "function"):
        return Known.UNKNOWN
    if module.flow.fresh(iterated):
        return Known.YES
    return Known.of(own is not None and own.name != kind.name)


def _copying(node: ast.AST, module: Module) -> tuple[str, Evidence] | None:
    """The call that a comprehension which only copies can be."""
    if not isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)) or len(node.generators) != 1:
        return None
    clause = node.generators[0]
    if clause.ifs or clause.is_async or small(clause.iter, module):
        return None
    evidence = Evidence()
    if isinstance(node, ast.DictComp):
        pair = clause.target
        if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2:
            return None
        pairs = zip(pair.elts, (node.key, node.value), strict=True)
        if not all(isinstance(one, ast.Name) and same_name(other, one.id) for one, other in pairs):
            return None
        if pair.elts[0].id == pair.elts[1].id:  # type: ignore[attr-defined]
            return None
        if not is_method(clause.iter, "items", 0):
            return None
        source = clause.iter.func.value  # type: ignore[attr-defined]
        if not evidence.require(module.types.is_a(source, "dict"), f"`{source.id}` is a dict"):
            return None
        made = source.id
    else:
        if not isinstance(clause.target, ast.Name) or not same_name(node.elt, clause.target.id):
            return None
        evidence.require(
            Known.of(module.types.of(clause.iter) is not None),
            f"`{module.text(clause.iter)}` is of a built-in type",
        )
        if isinstance(node, ast.SetComp):
            require_order(clause.iter, module, evidence)
        made = argument(clause.iter, module)
    function = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}[type(node)]
    if module.scope(node).find(function).bindings.get(function) or module.imports.star:
        return None
    return f"{function}({made})", evidence


def require_order(source: ast.expr, module: Module, evidence: Evidence) -> None:
    """Require, of a set that is made of ``source`` at once instead of item by item, that its order does not matter."""
    kind = module.types.of(source)
    evidence.require(
        Known.of(kind is not None and kind.name not in _LAID_OUT),
        "in which order the set gives its values does not matter",
    )


def empty_list(statement: ast.stmt, name: str) -> ast.expr | None:
    """The ``[]`` of ``name = []``."""
    found = assignment(statement)
    if found is None:
        return None
    target, value = found
    return value if same_name(target, name) and isinstance(value, ast.List) and not value.elts else None
