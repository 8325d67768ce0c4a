"""Questions to all characters of a text, asked one character at a time in Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    Over,
    any_or_all,
    builtin,
    character_set,
    comprehended,
    integer,
    is_name,
    mentions,
    method_call,
    one_statement_loop,
    operand,
    ordered_freely,
    over_one,
    replace_loop,
    text_constant,
    text_like,
    usable_after,
)
from burnish_analysis.perf.facts.types import Type
from burnish_analysis.perf.model import About, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["CharactersOneByOne", "CountOneByOne"]

#: Methods that are true of a text if they are true of every character; the first ones only if it has any.
_FILLED = ("isdigit", "isalpha", "isalnum", "isdecimal", "isnumeric", "isspace")
_EVEN_EMPTY = ("isprintable", "isascii")


class CharactersOneByOne(Rule):
    """``all(c.isdigit() for c in s)`` and ``all(c in allowed for c in s)``."""

    id = "characters-one-by-one"
    about = About(
        summary="Every character of a text is tested in a generator",
        before="""\
def numbers(words: list[str]) -> int:
    return sum(1 for word in words if all(c.isdigit() for c in word))
""",
        after="""\
def numbers(words: list[str]) -> int:
    return sum(1 for word in words if (not word or word.isdigit()))
""",
        why="The methods of `str` look at all characters in C; so does `lstrip`, which leaves nothing if all are in its set.",
        preconditions=("the value is a `str`", "asking it twice is asking the same text"),
        references=("https://docs.python.org/3/library/stdtypes.html#str.isdigit",),
    )
    nodes = (ast.Call,)
    calls = ("any", "all")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``all(…)`` and ``any(…)``."""
        called = any_or_all(node, module)
        over = comprehended(called[1]) if called else None
        if called is None or over is None or over.tests:
            return
        text = _question(over, called[0] == "all", module)
        known = text_like(over.iterated, module)
        if (
            text is None
            or known is Known.NO
            or not builtin(node, module, "bool")
            or not isinstance(over.iterated, (ast.Name, ast.Attribute, ast.Constant))
        ):
            return
        evidence = Evidence()
        written = module.text(over.iterated)
        evidence.require(known, f"`{written}` is a text")
        if isinstance(over.iterated, ast.Attribute):
            evidence.require(Known.UNKNOWN, f"`{written}` is the same each time")
        yield module.finding(
            self, node, f"Every character of `{written}` is tested by itself; a method of `str` tests all at once.", evidence,
            title="Test all characters at once", edits=[module.replace(node, text)],
        )  # fmt: skip


def _question(over: Over, every: bool, module: Module) -> str | None:
    """The question to the whole text."""
    test, text = over.element, operand(over.iterated, module)
    character = over.target.id
    if not every and isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, negated = test.operand, True
    else:
        negated = False
    asked = method_call(test, *_FILLED, *_EVEN_EMPTY, arguments=0)
    if (
        asked
        and is_name(asked[0], character)
        and (every or negated)
        and isinstance(asked[1].func, ast.Attribute)
    ):
        method = asked[1].func.attr
        if method in _EVEN_EMPTY:
            return f"{text}.{method}()" if every else f"not {text}.{method}()"
        return f"not {text} or {text}.{method}()" if every else f"bool({text}) and not {text}.{method}()"
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not is_name(test.left, character):
        return None
    wanted = ast.In if every or negated else ast.NotIn
    if not isinstance(test.ops[0], wanted) or mentions(test.comparators[0], character):
        return None
    allowed = character_set(test.comparators[0], module)
    if allowed is None:
        return None
    return f"not {text}.lstrip({allowed})" if every else f"bool({text}.lstrip({allowed}))"


class CountOneByOne(Rule):
    """``sum(1 for c in s if c == x)`` and the loop that does it."""

    id = "count-one-by-one"
    about = About(
        summary="What equals a value is counted one by one",
        before="""\
def commas(text: str) -> int:
    found = 0
    for character in text:
        if character == ",":
            found += 1
    return found
""",
        after="""\
def commas(text: str) -> int:
    found = 0
    found += text.count(",")
    return found
""",
        why="`count` does the loop and the comparison in C.",
        preconditions=(
            "a text and one character, or a list or tuple of values of a built-in type",
            "no floats: `count` takes a NaN to equal itself",
            "the loop's variable is not used after it",
        ),
    )
    nodes = (ast.Call, ast.For)
    calls = ("sum", "len")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``sum``, ``len`` and loops with one statement."""
        if isinstance(node, ast.For):
            yield from self._loop(node, module)
            return
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in ("sum", "len")
        ):
            return
        over = over_one(node)
        if over is None or not module.calls(node, f"builtins.{node.func.id}"):
            return
        test: ast.expr | None = None
        if node.func.id == "sum" and not over.tests:
            test = over.element
        elif len(over.tests) == 1 and (
            integer(over.element) == 1
            if node.func.id == "sum"
            else is_name(over.element, over.target.id) and isinstance(comprehended(node.args[0]), Over)
        ):
            test = over.tests[0]
        evidence = Evidence()
        counted = _counted(over.iterated, over.target, test, module, evidence)
        if counted is None or (node.func.id == "len" and not isinstance(node.args[0], ast.ListComp)):
            return
        yield module.finding(
            self, node, f"`{module.text(over.iterated)}` is counted one by one.", evidence, title="Use `count`",
            edits=[module.replace(node, counted)],
        )  # fmt: skip

    def _loop(self, node: ast.For, module: Module) -> Iterator[Finding]:
        found = one_statement_loop(node)
        inner = found[2] if found else None
        if not found or not isinstance(inner, ast.If) or inner.orelse or len(inner.body) != 1:
            return
        step = inner.body[0]
        if (
            not isinstance(step, ast.AugAssign)
            or not isinstance(step.op, ast.Add)
            or integer(step.value) != 1
        ):
            return
        if (
            not isinstance(step.target, ast.Name)
            or step.target.id == found[1].id
            or mentions(inner.test, step.target.id)
        ):
            return
        if mentions(node.iter, step.target.id) or usable_after(found[1], node, module):
            return
        evidence = Evidence()
        counted = _counted(node.iter, found[1], inner.test, module, evidence)
        evidence.require(module.types.is_a(step.target, "int"), f"`{step.target.id}` is a whole number")
        if counted is None or evidence.violated:
            return
        yield module.finding(
            self, node, f"`{module.text(node.iter)}` is counted one by one.", evidence, title="Use `count`",
            edits=list(replace_loop(module, node, f"{step.target.id} += {counted}")),
        )  # fmt: skip


def _counted(
    iterated: ast.expr, target: ast.Name, test: ast.expr | None, module: Module, evidence: Evidence
) -> str | None:
    """``iterated.count(value)`` for a test ``target == value``."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return None
    left, right = test.left, test.comparators[0]
    value = right if is_name(left, target.id) else (left if is_name(right, target.id) else None)
    if value is None or mentions(value, target.id):
        return None
    kind = module.types.of(iterated)
    if kind is None or kind.name not in ("str", "list", "tuple"):
        return None
    written = module.text(value)
    if kind.name == "str":
        constant = text_constant(value)
        single = Known.UNKNOWN if constant is None else (Known.YES if len(constant) == 1 else Known.NO)
        evidence.require(single, f"`{written}` is one character")
    else:
        evidence.require(
            _counts_alike(kind, module.types.of(value)),
            f"`{module.text(iterated)}` holds no NaN, and arrays neither",
        )
    if evidence.violated or not evidence.require(
        ordered_freely(module, value), f"`{written}` stays the same"
    ):
        return None
    evidence.require(
        module.effects.total(value),
        f"`{written}` can be evaluated even if `{module.text(iterated)}` is empty",
    )
    return f"{operand(iterated, module)}.count({written})"


def _counts_alike(held: Type, value: Type | None) -> Known:
    """Whether ``==`` gives a bool and nothing is unequal to itself."""
    element = held.element
    if element is None or value is None:
        return Known.UNKNOWN
    return Known.of({element.name, value.name} <= {"int", "str", "bytes", "bool", "NoneType"})
