"""Loops that fill a list by appending."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import fresh_lists, half_built, whole_local
from burnish_analysis.perf.facts.survival import loop_target_survives
from burnish_analysis.perf.facts.writing import bracketed, is_method, names, same_name, small, target
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.copies import empty_list
from burnish_analysis.perf.walking import walk

__all__ = ["AppendLoop"]


class AppendLoop(Rule):
    """``found = []`` and a loop that only appends to it."""

    id = "append-loop"
    about = About(
        summary="A list is filled by a loop that only appends",
        before="""\
def following(numbers: list[int]) -> list[int]:
    found = []
    for number in numbers:
        if number:
            found.append(number + 1)
    return found
""",
        after="""\
def following(numbers: list[int]) -> list[int]:
    found = [number + 1 for number in numbers if number]
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
        if not isinstance(node, ast.For) or node.orelse or small(node.iter, module):
            return
        parts = _filled(node)
        begin = module.previous(node) if parts else None
        if parts is None or begin is None:
            return
        clauses, call = parts
        name = call.func.value  # type: ignore[attr-defined]
        value = empty_list(begin, name.id)
        if value is None or not whole_local(name, module) or len(fresh_lists(name, module) or ()) < 1:
            return
        if not _fits_comprehension(clauses, name, module):
            return
        if _target_name(clauses[-1]) and same_name(call.args[0], _target_name(clauses[-1])):
            return  # a copy: that rule's
        evidence = Evidence()
        evidence.require(
            Known.of(not half_built(name, node, module)),
            f"nobody reads `{name.id}` after an exception in the loop",
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


def _fits_comprehension(clauses: list[ast.For | ast.If], name: ast.Name, module: Module) -> bool:
    """Whether everything in the loop means the same in a comprehension."""
    node = clauses[0]
    refused = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.GeneratorExp)
    for part in walk(node):
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
        for part in walk(node)
    )


def _comprehension(
    clauses: list[ast.For | ast.If], item: ast.expr, begin: ast.stmt, module: Module
) -> str | None:
    parts = [f"({module.text(item)})" if isinstance(item, ast.Starred) else module.text(item)]
    for clause in clauses:
        if isinstance(clause, ast.For):
            parts.append(f"for {target(clause.target, module)} in {bracketed(clause.iter, module)}")
        else:
            parts.append(f"if {bracketed(clause.test, module)}")
    line = f"[{' '.join(parts)}]"
    indent = module.indent(begin)
    if indent is None:
        return None
    if len(module.text(begin)) + len(indent) + len(line) <= 100 and "\n" not in line:
        return line
    level = "\t" if indent.startswith("\t") else "    "
    return "[\n" + "".join(f"{indent}{level}{part}\n" for part in parts) + f"{indent}]"
