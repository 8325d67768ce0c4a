"""Chains of conditions on one thing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from burnish_analysis.perf.model import About, Edit, Evidence, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.blocks_text import unit
from burnish_analysis.refactor.branching import is_elif
from burnish_analysis.refactor.model import Refactoring

__all__ = ["DictDispatch"]

_LEAST = 3


@dataclass(frozen=True, slots=True)
class _Entry:
    key: ast.Constant
    value: ast.expr


class DictDispatch(Refactoring):
    """``if x == "a": return 1``, ``elif x == "b": return 2`` …"""

    id = "dict-dispatch"
    about = About(
        summary="A chain of conditions looks a value up",
        before="""\
def wheels(kind: str) -> int:
    if kind == "bicycle":
        return 2
    elif kind == "tricycle":
        return 3
    elif kind == "car":
        return 4
    else:
        return 0
""",
        after="""\
def wheels(kind: str) -> int:
    return {
        "bicycle": 2,
        "tricycle": 3,
        "car": 4,
    }.get(kind, 0)
""",
        why="A table says what belongs to what, and nothing else; it has one path instead of one for each case.",
        preconditions=(
            "what is compared is hashable",
            "keys and values are constants, and no key comes twice",
        ),
    )
    nodes = (ast.If,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At the whole chain, with the ``return`` behind it where there is no ``else``."""
        assert isinstance(node, ast.If)
        found = _subject(node.test)
        indent = module.indent(node)
        if found is None or indent is None or not isinstance(found, (ast.Name, ast.Attribute)):
            return
        table = _table(node, found, module)
        if table is None:
            return
        head, entries, default, until = table
        evidence = Evidence()
        subject = module.text(found)
        kind = module.types.of(found)
        if not evidence.require(module.types.hashable(kind), f"`{subject}` is hashable"):
            return
        evidence.require(module.effects.pure(found), f"reading `{subject}` has no effects")
        last = "" if default is None else f", {module.text(default)}"
        further = indent + _step(node, indent, module)
        lines = "".join(f"{further}{module.text(one.key)}: {module.text(one.value)},\n" for one in entries)
        yield module.finding(
            self,
            node,
            f"{len(entries)} conditions look up what belongs to `{subject}`.",
            evidence,
            title="Look it up in a dictionary",
            edits=[
                Edit(
                    module.start(node), module.end(until), f"{head}{{\n{lines}{indent}}}.get({subject}{last})"
                )
            ],
            until=until,
        )


def _subject(test: ast.expr) -> ast.expr | None:
    """What a condition compares with a constant."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
        return test.left
    return None


def _key(test: ast.expr, subject: ast.expr, module: Module) -> ast.Constant | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return None
    key = test.comparators[0]
    if not module.same(test.left, subject) or not isinstance(key, ast.Constant):
        return None
    return key if type(key.value) in (str, int, bytes) else None


def _table(
    node: ast.If, subject: ast.expr, module: Module
) -> tuple[str, list[_Entry], ast.expr | None, ast.stmt] | None:
    """What stands before the values, the entries, what holds otherwise (None for None), and the last statement."""
    entries: list[_Entry] = []
    heads = set()
    until: ast.stmt = node
    default: ast.expr | None = None
    at: ast.stmt = node
    while True:
        if not isinstance(at, ast.If):
            break
        key = _key(at.test, subject, module)
        made = _made(at.body)
        if key is None or made is None:
            return None
        entries.append(_Entry(key, made[1]))
        heads.add(made[0])
        if not at.orelse:
            following = module.following(node)[:1]
            if made[0] != "return " or not following or not (other := _made(following)):
                return None
            until, default = following[0], other[1]
            heads.add(other[0])
            break
        if len(at.orelse) == 1 and is_elif(at.orelse[0], module):
            at = at.orelse[0]
            continue
        other = _made(at.orelse)
        if other is None:
            return None
        default = other[1]
        heads.add(other[0])
        break
    keys = [entry.key.value for entry in entries]
    one_type = len({type(key) for key in keys}) == 1
    if len(entries) < _LEAST or len(heads) != 1 or not one_type or len(set(keys)) < len(keys):
        return None
    return heads.pop(), entries, default, until


def _made(body: list[ast.stmt]) -> tuple[str, ast.expr] | None:
    """What stands before a constant value that is all that a body gives."""
    if len(body) != 1:
        return None
    one = body[0]
    if isinstance(one, ast.Return) and one.value is not None and _constant(one.value):
        return "return ", one.value
    if isinstance(one, ast.Assign) and len(one.targets) == 1 and _constant(one.value):
        target = one.targets[0]
        return (f"{target.id} = ", one.value) if isinstance(target, ast.Name) else None
    return None


def _constant(node: ast.expr) -> bool:
    """Whether an expression is the same each time, and made without effects: numbers, texts, tuples of them."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Tuple):
        return all(_constant(part) for part in node.elts)
    return isinstance(node, ast.Constant)


def _step(node: ast.stmt, indent: str, module: Module) -> str:
    body = node.body[0] if isinstance(node, ast.If) else node
    inner = module.indent(body)
    return unit(module, indent, inner) if inner is not None and inner != indent else "    "
