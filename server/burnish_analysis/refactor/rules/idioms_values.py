"""Values: defaults, items that are taken out one by one, and variables that are used once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import integer
from burnish_analysis.perf.facts.writing import same_name
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, offer

__all__ = ["UnpackItems", "UseOrDefault"]

_LOOSE = (ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom)


class UseOrDefault(Refactoring):
    """``x if x else y`` and ``if not x: x = y``."""

    id = "use-or-default"
    suggest = False
    about = About(
        summary="A value is used where it is true, and another one where it is not",
        before="""\
def greeting(name: str) -> str:
    return "Hello " + (name if name else "you")
""",
        after="""\
def greeting(name: str) -> str:
    return "Hello " + (name or "you")
""",
        why="`or` gives its first operand where that is true, and names it once.",
        preconditions=("the value is read from a variable or attribute",),
        references=("https://docs.python.org/3/reference/expressions.html#boolean-operations",),
    )
    nodes = (ast.IfExp, ast.If)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At conditional expressions, and at ``if not x`` with one assignment."""
        if isinstance(node, ast.If):
            yield from self._assigned(node, module)
            return
        if not isinstance(node, ast.IfExp):
            return
        value, other = node.body, node.orelse
        test = node.test
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, value, other = test.operand, other, value
        if not _readable_again(test) or not module.same(test, value):
            return
        parent = module.parent(node)
        text = f"{module.text(test)} or {_operand(other, module)}"
        tight = isinstance(
            parent, (ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Attribute, ast.Subscript, ast.Await)
        )
        if tight and not _in_parentheses(node, module):
            return
        yield from offer(
            self,
            module,
            node,
            f"`{module.text(test)}` is used where it is true.",
            None,
            "Use `or`",
            [Edit(module.start(node), module.end(node), text)],
        )

    def _assigned(self, node: ast.If, module: Module) -> Iterator[Finding]:
        test = node.test
        if (
            node.orelse
            or len(node.body) != 1
            or not isinstance(test, ast.UnaryOp)
            or module.indent(node) is None
        ):
            return
        made = assigned(node.body[0]) if isinstance(node.body[0], ast.Assign) else None
        if made is None or not isinstance(test.op, ast.Not) or not same_name(test.operand, made[0].id):
            return
        name, value = made
        if isinstance(value, (ast.Yield, ast.YieldFrom, ast.Tuple)):
            return
        evidence = Evidence()
        # Without the branch, a variable that is not the function's own would be written in any case.
        evidence.require(
            Known.of(module.flow.local(name) and module.flow.owner(name) is module.scope(node)),
            f"nobody sees that `{name.id}` is written",
        )
        yield from offer(
            self,
            module,
            node,
            f"`{name.id}` gets a value where it has none that is true.",
            evidence,
            "Use `or`",
            [
                Edit(
                    module.start(node),
                    module.end(node),
                    f"{name.id} = {name.id} or {_operand(value, module)}",
                )
            ],
        )


def _readable_again(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _operand(node: ast.expr, module: Module) -> str:
    text = module.text(node)
    loose = (
        isinstance(node, _LOOSE) or "\n" in text or (isinstance(node, ast.Tuple) and not text.startswith("("))
    )
    return f"({text})" if loose else text


def _in_parentheses(node: ast.expr, module: Module) -> bool:
    source = module.source
    before = source[: module.start(node)].rstrip()
    after = source[module.end(node) :].lstrip()
    return before.endswith("(") and after.startswith(")")


class UnpackItems(Refactoring):
    """``a = p[0]`` and ``b = p[1]``."""

    id = "unpack-items"
    about = About(
        summary="The items of a sequence are taken out one by one",
        before="""\
def area(size: tuple[int, int]) -> int:
    width = size[0]
    height = size[1]
    return width * height
""",
        after="""\
def area(size: tuple[int, int]) -> int:
    width, height = size
    return width * height
""",
        why="Unpacking shows what the sequence consists of, and finds out where it does not.",
        preconditions=("the sequence has just as many items",),
        references=("https://docs.python.org/3/tutorial/datastructures.html#tuples-and-sequences",),
    )
    nodes = (ast.Assign,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``name = sequence[0]``."""
        if not isinstance(node, ast.Assign):
            return
        begun = _item(node, 0)
        if begun is None or module.indent(node) is None:
            return
        owner, name = begun
        gone: list[ast.stmt] = []
        found = [name]
        for statement in module.following(node):
            one = _item(statement, len(found))
            if one is None or one[0].id != owner.id or one[1] in found:
                break
            gone.append(statement)
            found.append(one[1])
        if not gone or owner.id in found:
            return
        kind = module.types.of(owner)
        length = (
            len(kind.args)
            if kind is not None and kind.name == "tuple" and not _any_length(owner, module)
            else 0
        )
        known = Known.UNKNOWN if length in (0, 1) else Known.YES if length == len(found) else Known.NO
        if kind is not None and kind.name in ("dict", "collections.Counter", "collections.defaultdict"):
            known = Known.NO
        evidence = Evidence()
        evidence.require(known, f"`{owner.id}` holds {len(found)} items")
        place = node.targets[0]
        yield from offer(
            self,
            module,
            node,
            f"The items of `{owner.id}` are taken out one by one.",
            evidence,
            "Unpack them",
            [
                Edit(module.start(place), module.end(place), ", ".join(found)),
                Edit(module.start(node.value), module.end(node.value), owner.id),
                *map(module.delete, gone),
            ],
            until=gone[-1],
        )


def _item(statement: ast.stmt, place: int) -> tuple[ast.Name, str] | None:
    """Sequence and variable of ``name = sequence[place]``."""
    made = assigned(statement) if isinstance(statement, ast.Assign) else None
    value = made[1] if made else None
    if made is None or not isinstance(value, ast.Subscript) or not isinstance(value.value, ast.Name):
        return None
    return (value.value, made[0].id) if integer(value.slice) == place else None


def _any_length(owner: ast.Name, module: Module) -> bool:
    """Whether an annotation of it says ``tuple[int, ...]``."""
    return any(
        isinstance(part, ast.Constant) and part.value is Ellipsis
        for binding in module.flow.bindings(owner)
        for annotation in (
            getattr(binding.node, "annotation", None),
            getattr(binding.owner, "annotation", None),
        )
        if annotation is not None
        for part in ast.walk(annotation)
    )
