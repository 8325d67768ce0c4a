"""Loops and comprehensions that only copy."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import (
    bracketed,
    fresh_lists,
    half_built,
    is_method,
    loop_target_survives,
    names,
    private_until,
    same_name,
    whole_local,
)
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["AppendLoop", "CopyComprehension", "CopyLoop"]

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
        if node.orelse or same_name(node.target, name.id) or loop_target_survives(node, module) or _tiny(node.iter):
            return
        known = module.types.is_a(name, *kinds)
        evidence = Evidence()
        if not evidence.require(known, f"`{name.id}` is a {kinds[0]}"):
            return
        evidence.require(_other_object(name, node.iter, module), f"`{name.id}` is not what the loop goes through")
        if name.id in names(node.iter):
            return
        yield module.finding(
            self,
            node,
            f"Items are copied one by one; `{method}` copies them in one step.",
            evidence,
            title=f"Copy by `{method}`",
            edits=[module.replace(node, f"{name.id}.{method}({bracketed(node.iter, module)})")],
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
        preconditions=("what is copied is of a built-in type, or an iterator",),
    )
    nodes = (ast.ListComp, ast.SetComp, ast.DictComp)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comprehensions whose result is their variable."""
        made = _copying(node, module)
        if made is None:
            return
        text, evidence = made
        yield module.finding(
            self, node, "Items are copied one by one.", evidence, title="Copy in one step", edits=[module.replace(node, text)]
        )


class AppendLoop(Rule):
    """``found = []`` and a loop that only appends to it."""

    id = "append-loop"
    about = About(
        summary="A list is filled by a loop that only appends",
        before="""\
def squares(numbers: list[int]) -> list[int]:
    found = []
    for number in numbers:
        if number % 3:
            found.append(number * number)
    return found
""",
        after="""\
def squares(numbers: list[int]) -> list[int]:
    found = [number * number for number in numbers if number % 3]
    return found
""",
        why="A comprehension adds items without looking `append` up and calling it every time.",
        preconditions=(
            "the list is made right before the loop, is local and is not read in it",
            "the loop's variables are not used afterwards, and nobody sees the list after an exception",
        ),
        references=("https://docs.python.org/3/tutorial/datastructures.html#list-comprehensions",),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At loops right after an empty list, of which everything but one ``append`` is ``for`` and ``if``."""
        if not isinstance(node, ast.For) or node.orelse:
            return
        parts = _filled(node)
        begin = module.previous(node) if parts else None
        if parts is None or begin is None:
            return
        clauses, call = parts
        name = call.func.value  # type: ignore[attr-defined]
        value = _empty_list(begin, name.id)
        if value is None or not whole_local(name, module) or len(fresh_lists(name, module) or ()) < 1:
            return
        if not _fits_comprehension(clauses, name, module):
            return
        if _target_name(clauses[-1]) and same_name(call.args[0], _target_name(clauses[-1])):
            return  # a copy: that rule's
        evidence = Evidence()
        evidence.require(
            Known.of(not half_built(name, node, module)), f"nobody reads `{name.id}` after an exception in the loop"
        )
        between = module.end(begin), module.end(node)
        text = _comprehension(clauses, call.args[0], begin, module)
        if text is None or module.comments_in(*between):
            return
        yield module.finding(
            self,
            begin,
            f"A comprehension fills `{name.id}` without a call for every item.",
            evidence,
            title="Make it a comprehension",
            edits=[Edit(module.start(value), module.end(value), text), Edit(*between, "")],
            until=node,
        )


def _single_call(node: ast.For) -> ast.Call | None:
    """The call of ``for …: name.append(x)`` or ``name.add(x)``."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.Expr):
        return None
    call = node.body[0].value
    if isinstance(call, ast.Call) and (is_method(call, "append", 1) or is_method(call, "add", 1)):
        return call
    return None


def _tiny(node: ast.expr) -> bool:
    """A literal of a few items: nothing is gained."""
    return isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) < 5


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
    if clause.ifs or clause.is_async or _tiny(clause.iter):
        return None
    evidence = Evidence()
    if isinstance(node, ast.DictComp):
        target = clause.target
        if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
            return None
        pairs = zip(target.elts, (node.key, node.value), strict=True)
        if not all(isinstance(one, ast.Name) and same_name(other, one.id) for one, other in pairs):
            return None
        if target.elts[0].id == target.elts[1].id:  # type: ignore[attr-defined]
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
            Known.of(module.types.of(clause.iter) is not None), f"`{module.text(clause.iter)}` is of a built-in type"
        )
        made = bracketed(clause.iter, module)
    function = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}[type(node)]
    if module.scope(node).find(function).bindings.get(function) or module.imports.star:
        return None
    return f"{function}({made})", evidence


def _filled(node: ast.For) -> tuple[list[ast.For | ast.If], ast.Call] | None:
    """The clauses of a loop of which everything is ``for`` and ``if`` but one ``append``."""
    clauses: list[ast.For | ast.If] = [node]
    while True:
        last = clauses[-1]
        if last.orelse or len(last.body) != 1:
            return None
        inner = last.body[0]
        if isinstance(inner, (ast.For, ast.If)):
            clauses.append(inner)
            continue
        call = inner.value if isinstance(inner, ast.Expr) else None
        return (clauses, call) if is_method(call, "append", 1) and isinstance(call, ast.Call) else None


def _target_name(clause: ast.For | ast.If) -> str:
    return clause.target.id if isinstance(clause, ast.For) and isinstance(clause.target, ast.Name) else ""


def _empty_list(statement: ast.stmt, name: str) -> ast.expr | None:
    """The ``[]`` of ``name = []``."""
    value: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and same_name(statement.targets[0], name):
        value = statement.value
    elif isinstance(statement, ast.AnnAssign) and same_name(statement.target, name):
        value = statement.value
    return value if isinstance(value, ast.List) and not value.elts else None


def _fits_comprehension(clauses: list[ast.For | ast.If], name: ast.Name, module: Module) -> bool:
    """Whether everything in the loop means the same in a comprehension."""
    node = clauses[0]
    refused = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.GeneratorExp)
    for part in ast.walk(node):
        if isinstance(part, refused):
            return False
        if isinstance(part, ast.Name) and (
            part.id in ("super", "__class__") or (part.id == name.id and part is not name)
        ):
            return False
    function = module.function(node)
    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and _calls_itself(node, function.name):
        return False  # before Python 3.12 a comprehension adds a frame to every level of a recursion
    before: set[str] = set()
    for clause in clauses:
        if isinstance(clause, ast.If):
            before |= names(clause.test)
            continue
        before |= names(clause.iter)
        bound = names(clause.target)
        if not isinstance(clause.target, (ast.Name, ast.Tuple)) or bound & before:
            return False
        before |= bound
        if any(name in module.scope(node).declared for name in bound) or loop_target_survives(clause, module):
            return False
    return True


def _calls_itself(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(part, ast.Call)
        and (same_name(part.func, name) or (isinstance(part.func, ast.Attribute) and part.func.attr == name))
        for part in ast.walk(node)
    )


def _comprehension(
    clauses: list[ast.For | ast.If], item: ast.expr, begin: ast.stmt, module: Module
) -> str | None:
    parts = [f"({module.text(item)})" if isinstance(item, ast.Starred) else module.text(item)]
    for clause in clauses:
        if isinstance(clause, ast.For):
            parts.append(f"for {module.text(clause.target)} in {bracketed(clause.iter, module)}")
        else:
            parts.append(f"if {bracketed(clause.test, module)}")
    line = f"[{' '.join(parts)}]"
    indent = module.indent(begin)
    if indent is None:
        return None
    if len(module.text(begin)) + len(indent) + len(line) <= 100 and "\n" not in line:
        return line
    return "[\n" + "".join(f"{indent}    {part}\n" for part in parts) + f"{indent}]"
