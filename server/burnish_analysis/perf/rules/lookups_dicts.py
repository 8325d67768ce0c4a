"""Going through a dictionary to find what it finds by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.joins_parts import leaks
from burnish_analysis.perf.rules.joins_text import dedented
from burnish_analysis.perf.rules.lookup_parts import names_in, reflexive, short
from burnish_analysis.perf.walking import walk

__all__ = ["DictScan"]

_DICTS = ("dict", "collections.OrderedDict", "collections.Counter")


class DictScan(Rule):
    """``for k, v in d.items(): if k == x: …; break``."""

    id = "dict-scan"
    about = About(
        summary="A dictionary is gone through to find one key",
        before="""\
def price(prices: dict[str, int], name: str) -> int:
    for key, value in prices.items():
        if key == name:
            return value
    return 0
""",
        after="""\
def price(prices: dict[str, int], name: str) -> int:
    if name in prices:
        value = prices[name]
        return value
    return 0
""",
        why="A dictionary finds a key by its hash, at once, however many it has.",
        preconditions=(
            "it is a dictionary",
            "its keys and what is looked for are equal only where their hashes are, as those of built-in types except "
            "floating-point numbers are",
            "the loop's variables are not used after it",
        ),
    )
    nodes = (ast.For,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``for`` statements over ``d.items()`` that hold one ``if`` and leave the loop in it."""
        if (
            not isinstance(node, ast.For)
            or node.orelse
            or len(node.body) != 1
            or not isinstance(node.body[0], ast.If)
        ):
            return
        parts = _key_and_value(node)
        test = node.body[0]
        wanted = _wanted(test, parts[0]) if parts is not None and not test.orelse else None
        if parts is None or wanted is None or not _left(test, parts[0]):
            return
        key, value, owner = parts
        if names_in(wanted) & {key, value} or leaks([key, value], node, node, module):
            return
        kind = module.types.of(owner)
        evidence = Evidence()
        name = short(module.text(owner))
        text = short(module.text(wanted))
        keys = kind.args[0] if kind is not None and kind.args else None
        stays = module.flow.invariant(wanted, node)
        if not (
            evidence.require(
                module.types.is_a(owner, *_DICTS),
                f"`{name}` is a dictionary",
            )
            and evidence.require(reflexive(keys), f"the keys of `{name}` equal themselves")
            and evidence.require(
                reflexive(module.types.of(wanted)), f"`{text}` is hashable and equals itself"
            )
            and evidence.require(stays & module.effects.pure(owner), f"`{text}` stays the same in the loop")
            and evidence.require(
                module.effects.total(wanted), f"`{text}` can be evaluated even if `{name}` is empty"
            )
        ):
            return
        if isinstance(test.body[-1], ast.Break) and len(test.body) == 1:
            return
        yield module.finding(
            self,
            node,
            f"`{name}` is gone through to find one key, which it finds by itself.",
            evidence,
            title=f"Ask `{name}` for the key",
            edits=self._edits(node, test, value, owner, wanted, module) or [None],
            until=test.test,
        )

    @staticmethod
    def _edits(
        node: ast.For, test: ast.If, value: str, owner: ast.expr, wanted: ast.expr, module: Module
    ) -> list[Edit | None] | None:
        body = dedented(test, module)
        indent, inner = module.indent(node), module.indent(test)
        if body is None or indent is None or inner is None or module.indent(test.body[0]) is None:
            return None
        name, text = module.text(owner), module.text(wanted)
        looked = (
            text
            if isinstance(wanted, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript))
            else f"({text})"
        )
        head = body[0]
        used = any(value in names_in(part) for part in test.body)
        line = f"{inner}{value} = {name}[{text}]\n" if used else ""
        edits: list[Edit | None] = [
            Edit(module.start(node), module.end(node.iter), f"if {looked} in {name}"),
            Edit(head.start, head.end, line),
        ]
        last = test.body[-1]
        leaving = module.delete(last) if isinstance(last, ast.Break) else None
        if isinstance(last, ast.Break):
            if leaving is None:
                return None
            edits.append(leaving)
            return [*edits, *(edit for edit in body[1:] if edit.start < leaving.start)]
        return [*edits, *body[1:]]


def _key_and_value(node: ast.For) -> tuple[str, str, ast.expr] | None:
    if (
        not isinstance(node.target, ast.Tuple)
        or len(node.target.elts) != 2
        or not isinstance(node.iter, ast.Call)
        or not isinstance(node.iter.func, ast.Attribute)
        or node.iter.func.attr != "items"
        or node.iter.args
        or node.iter.keywords
        or not isinstance(node.iter.func.value, (ast.Name, ast.Attribute))
    ):
        return None
    key, value = node.target.elts
    if not isinstance(key, ast.Name) or not isinstance(value, ast.Name) or key.id == value.id:
        return None
    return key.id, value.id, node.iter.func.value


def _wanted(test: ast.If, key: str) -> ast.expr | None:
    if (
        not isinstance(test.test, ast.Compare)
        or len(test.test.ops) != 1
        or not isinstance(test.test.ops[0], ast.Eq)
    ):
        return None
    left, right = test.test.left, test.test.comparators[0]
    if isinstance(left, ast.Name) and left.id == key:
        return right
    return left if isinstance(right, ast.Name) and right.id == key else None


def _left(test: ast.If, key: str) -> bool:
    """Whether the body leaves the loop at its end, nowhere else, and does not use the key."""
    last = test.body[-1]
    if not isinstance(last, (ast.Return, ast.Break, ast.Raise)):
        return False
    for part in test.body:
        for inner in walk(part):
            if isinstance(inner, ast.Name) and inner.id == key:
                return False
            if isinstance(inner, (ast.Break, ast.Continue)) and inner is not last:
                return False
    return True
