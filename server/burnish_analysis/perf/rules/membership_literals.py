"""Looking a value up in what is written where it is looked up, and looking by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import any_or_all
from burnish_analysis.perf.facts.types import Type
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.rules.lookup_parts import membership, names_in, reflexive, short

__all__ = ["AnyEquality", "LiteralListMembership"]

_LEAST = 4
#: Where nothing is known of what is looked up, it takes more to say a word.
_LEAST_UNKNOWN = 8
#: Not text: ``"ab" in "abc"``.
_SEARCHED = frozenset({"list", "tuple", "set", "frozenset", "collections.deque", "dict", "dict_keys", "dict_values", "range", "generator",
                       "iterator"})  # fmt: skip


class LiteralListMembership(Rule):
    """``x in ("a", "b", "c", "d")``."""

    id = "literal-list-membership"
    about = About(
        summary="A written list or tuple of constants is searched from its beginning",
        before="""\
def vowels(text: str) -> int:
    found = 0
    for letter in text:
        if letter in ["a", "e", "i", "o", "u"]:
            found += 1
    return found
""",
        after="""\
def vowels(text: str) -> int:
    found = 0
    for letter in text:
        if letter in {"a", "e", "i", "o", "u"}:
            found += 1
    return found
""",
        why="A set of constants that is written in a comparison is made once, when Python compiles it, and finds a value by its hash.",
        preconditions=("what is looked up is hashable, of a built-in type",),
    )
    nodes = (ast.Compare,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At comparisons with ``in`` or ``not in`` that stand alone."""
        searched = membership(node)
        if (
            not isinstance(searched, (ast.List, ast.Tuple))
            or not isinstance(node, ast.Compare)
            or len(searched.elts) < _LEAST
            or not all(_constant(part) for part in searched.elts)
        ):
            return
        evidence = Evidence()
        known = module.types.hashable(module.types.of(node.left))
        if not evidence.require(known, f"`{short(module.text(node.left))}` is hashable"):
            return
        if evidence.unknown and (len(searched.elts) < _LEAST_UNKNOWN or not module.loops(node)):
            return
        start, end = module.start(searched), module.end(searched)
        yield module.finding(
            self,
            searched,
            "These constants are compared one after the other; a set finds a value at once.",
            evidence,
            title="Look the value up in a set",
            edits=[Edit(start, start + 1, "{"), Edit(end - 1, end, "}")],
        )


def _constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and node.value is not Ellipsis


class AnyEquality(Rule):
    """``any(x == y for y in ys)`` and ``all(x != y for y in ys)``."""

    id = "any-equality"
    about = About(
        summary="A value is looked for by hand, in a generator expression",
        before="""\
def known(word: str, words: list[str]) -> bool:
    return any(word == other for other in words)
""",
        after="""\
def known(word: str, words: list[str]) -> bool:
    return word in words
""",
        why="`in` compares in C, without a generator that is resumed for every value.",
        preconditions=(
            "what is compared equals itself, as NaN does not, and is of a built-in type",
            "what is searched is a list, tuple, set, dictionary or the like",
        ),
    )
    nodes = (ast.Call,)
    calls = ("any", "all")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls of ``any`` and ``all`` with a generator expression or list comprehension."""
        called = any_or_all(node, module)
        if called is None or not isinstance(called[1], (ast.GeneratorExp, ast.ListComp)):
            return
        name, made = called[0], called[1]
        found = _looked_for(made, ast.Eq if name == "any" else ast.NotEq)
        if found is None or not isinstance(found, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript)):
            return
        searched = made.generators[0].iter
        kind = module.types.of(searched)
        if kind is not None and kind.name not in _SEARCHED:
            return
        evidence = Evidence()
        element = kind.element if kind else None
        what = module.types.of(found)
        text, over = short(module.text(found)), short(module.text(searched))
        evidence.require(Known.of(kind is not None), f"`{over}` is a list, tuple, set or dictionary")
        evidence.require(_itself(what), f"`{text}` equals itself")
        evidence.require(_itself(element), f"what `{over}` holds equals itself")
        evidence.require(module.effects.total(found), f"`{text}` can be evaluated even if `{over}` is empty")
        if evidence.violated or (kind is None and what is None):
            return
        word = "in" if name == "any" else "not in"
        yield module.finding(
            self,
            node,
            f"`{over}` is searched by hand; `{word}` does it without a generator.",
            evidence,
            title=f"Use `{word}`",
            edits=[module.replace(node, f"{_operand(found, module)} {word} {_operand(searched, module)}")],
        )


def _itself(kind: Type | None) -> Known:
    """``in`` of a list needs no hash, so lists in it are not shown wrong."""
    known = reflexive(kind)
    return Known.UNKNOWN if known is Known.NO else known


def _operand(node: ast.expr, module: Module) -> str:
    simple = isinstance(
        node,
        (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Tuple, ast.ListComp),
    )
    text = module.text(node)
    return text if simple and (not isinstance(node, ast.Tuple) or text.startswith("(")) else f"({text})"


def _looked_for(made: ast.GeneratorExp | ast.ListComp, operator: type[ast.cmpop]) -> ast.expr | None:
    """What every value is compared with, where the comprehension does nothing else."""
    clause = made.generators[0]
    test = made.elt
    if (
        len(made.generators) != 1
        or clause.ifs
        or clause.is_async
        or not isinstance(clause.target, ast.Name)
        or not isinstance(test, ast.Compare)
        or len(test.ops) != 1
        or not isinstance(test.ops[0], operator)
    ):
        return None
    sides = (test.left, test.comparators[0])
    for one, other in (sides, sides[::-1]):
        if (
            isinstance(one, ast.Name)
            and one.id == clause.target.id
            and clause.target.id not in names_in(other)
        ):
            return other
    return None
