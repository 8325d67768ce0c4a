"""What the rules share that turn a value which is built by ``+`` in a loop into a list that is put together once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from burnish_analysis.perf.facts.patterns import operand
from burnish_analysis.perf.facts.sequences import half_built, whole_local
from burnish_analysis.perf.facts.survival import survives
from burnish_analysis.perf.facts.writing import same_name, small
from burnish_analysis.perf.model import Edit, Evidence, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["Growth", "Joined", "collected", "growth", "own_use"]


@dataclass(frozen=True, slots=True)
class Growth:
    """One statement that makes a variable longer: ``name += part``, ``name = name + part`` or, in front, ``name = part + name``."""

    name: ast.Name
    statement: ast.stmt
    part: ast.expr
    front: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """How parts are collected and put together.

    Attributes:
        kind: the type that is built (``str``).
        suffix: of the new list's name.
        hint: the element type in an annotation, if there is to be one.
        collect: the statement that adds a part, given the list's name, the part and its text.
        join: the expression that puts the list's parts together.
    """

    kind: str
    suffix: str
    hint: str
    collect: Callable[[str, Growth, str, Module], str]
    join: Callable[[str], str]


def growth(node: ast.AST) -> Growth | None:
    """The growth that a statement is, if it is one."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
        return Growth(node.target, node, node.value, False)
    if (
        not isinstance(node, ast.Assign)
        or len(node.targets) != 1
        or not isinstance(node.targets[0], ast.Name)
    ):
        return None
    name, value = node.targets[0], node.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add):
        return None
    if same_name(value.left, name.id):
        return Growth(name, node, value.right, False)
    if same_name(value.right, name.id):
        return Growth(name, node, value.left, True)
    return None


def own_use(found: Growth) -> ast.AST | None:
    """The ``name`` on the right of ``name = name + part``."""
    value = found.statement.value if isinstance(found.statement, ast.Assign) else None
    if not isinstance(value, ast.BinOp):
        return None
    return value.right if found.front else value.left


def _outermost(
    first: Growth, module: Module
) -> tuple[ast.For | ast.AsyncFor | ast.While, list[Growth]] | None:
    """The outermost loop in which the variable only grows, and every place where it does."""
    chosen = None
    for loop in module.loops(first.statement):
        if not isinstance(loop, (ast.For, ast.AsyncFor, ast.While)):
            break
        every = _growths(first, loop, module)
        if every is None:
            break
        chosen = (loop, every)
    return chosen


def _growths(first: Growth, loop: ast.stmt, module: Module) -> list[Growth] | None:
    """Every growth of the variable in a loop, or None where something else is done with it there."""
    inside = set(walk(loop))
    found: list[Growth] = []
    for binding in module.flow.bindings(first.name):
        if binding.node in inside:
            one = growth(binding.owner)
            if one is None or one.front is not first.front:
                return None
            found.append(one)
    own = {id(own_use(one)) for one in found}
    if any(use in inside and id(use) not in own for use in module.flow.uses(first.name)):
        return None
    return found if all(one.statement in module.flow.region(loop) for one in found) else None  # type: ignore[arg-type]


def collected(
    node: ast.AST, how: Joined, module: Module, evidence: Evidence, *, front: bool = False
) -> list[Edit | None] | None:
    """Edits that collect the parts in a list and join them after the loop; None where that is not possible.

    ``node`` must be the first growth of its variable in the loop.
    """
    first = growth(node)
    if (
        first is None
        or first.front is not front
        or not module.loops(node)
        or module.types.is_a(first.part, how.kind) is Known.NO
        or not whole_local(first.name, module)
    ):
        return None
    found = _outermost(first, module)
    if found is None:
        return None
    loop, every = found
    if (
        isinstance(loop, (ast.For, ast.AsyncFor))
        and small(loop.iter, module)
        and module.loops(node)[0] is loop
    ):
        return None
    if min(every, key=lambda one: module.start(one.statement)).statement is not node:
        return None
    begin = _beginning(first, loop, how, module)
    if begin is None or not survives(first.name, loop, module):
        return None
    for one in every:
        if not evidence.require(
            module.types.is_a(one.part, how.kind), f"`{module.text(one.part)}` is of type `{how.kind}`"
        ):
            return None
        if not module.readable(one.statement):
            return None
    evidence.require(
        Known.of(not half_built(first.name, loop, module)),
        f"nobody reads `{first.name.id}` after an exception in the loop",
    )
    name = module.fresh_name(node, f"{first.name.id}_{how.suffix}")
    edits = [begin[0](name), *(_collect(one, name, how, module) for one in every)]
    joined = how.join(name) if not (front and begin[1]) else f"{how.join(name)} + {begin[1]}"
    following = module.following(loop)
    last = following[0].value if following and isinstance(following[0], ast.Return) else None
    inside = set(walk(loop))
    if last is not None and [use for use in module.flow.uses(first.name) if use not in inside] == [last]:
        return [*edits, module.replace(last, joined)]
    return [*edits, module.insert_after(loop, f"{first.name.id} = {joined}")]


def _collect(one: Growth, name: str, how: Joined, module: Module) -> Edit:
    return Edit(
        module.start(one.statement),
        module.end(one.statement),
        how.collect(name, one, module.text(one.part), module),
    )


def _beginning(
    first: Growth,
    loop: ast.stmt,
    how: Joined,
    module: Module,
) -> tuple[Callable[[str], Edit | None], str] | None:
    """How the list begins, given its name, and the text of what the variable begins with (empty if it begins empty).

    Only where the variable begins as a literal in the block of the loop: then its value is exactly of the type.
    """
    statement = _first_value(first.name, loop, module)
    if statement is None:
        return None
    value = statement.value
    assert value is not None
    kind = module.types.of(value)
    if kind is None or kind.name != how.kind or kind.declared:
        return None
    empty = (isinstance(value, ast.Constant) and not value.value) or (
        isinstance(value, ast.Tuple) and not value.elts
    )
    text = operand(value, module)
    if (
        not empty
        and not isinstance(value, ast.Constant)
        and (first.front or not isinstance(value, ast.JoinedStr))
    ):
        return None
    begins = "" if empty or first.front else module.text(value)
    if how.kind == "tuple" and begins:
        return None
    annotated = f": list[{how.hint}]" if isinstance(statement, ast.AnnAssign) and how.hint else ""
    start, end = module.start(statement), module.end(statement)
    return (lambda name: Edit(start, end, f"{name}{annotated} = [{begins}]")), ("" if empty else text)


def _first_value(name: ast.Name, loop: ast.stmt, module: Module) -> ast.Assign | ast.AnnAssign | None:
    """The assignment before the loop, in its block, with nothing that reads or binds the variable between."""
    block = module.block(loop)
    place = next(i for i, part in enumerate(block) if part is loop)
    uses = set(module.flow.uses(name))
    bound = {binding.owner for binding in module.flow.bindings(name)} | {
        binding.node for binding in module.flow.bindings(name)
    }
    for statement in reversed(block[:place]):
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and same_name(statement.targets[0], name.id)
        ):
            return statement
        if isinstance(statement, ast.AnnAssign) and statement.value and same_name(statement.target, name.id):
            return statement
        inside = set(walk(statement))
        if inside & uses or inside & bound:
            return None
    return None
