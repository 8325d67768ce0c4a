"""Asking a text for one prefix or suffix after another."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import (
    any_or_all,
    builtin,
    comprehended,
    is_name,
    mentions,
    method_call,
    text_constant,
    text_like,
)
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module

__all__ = ["PrefixAfterPrefix", "PrefixesOneByOne"]


class PrefixesOneByOne(Rule):
    """``any(s.startswith(p) for p in prefixes)``."""

    id = "prefixes-one-by-one"
    about = About(
        summary="A text is asked for one prefix or suffix after another in a generator",
        before="""\
def hidden(names: list[str], prefixes: tuple[str, ...]) -> list[str]:
    return [name for name in names if any(name.startswith(prefix) for prefix in prefixes)]
""",
        after="""\
def hidden(names: list[str], prefixes: tuple[str, ...]) -> list[str]:
    return [name for name in names if name.startswith(prefixes)]
""",
        why="`startswith` and `endswith` take a tuple and go through it in C, without a generator and a call for each.",
        preconditions=("the text is a `str`", "the prefixes are a collection of `str`"),
        references=("https://docs.python.org/3/library/stdtypes.html#str.startswith",),
    )
    nodes = (ast.Call,)
    calls = ("any", "all")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``any(…)`` and ``all(…)``."""
        called = any_or_all(node, module)
        over = comprehended(called[1]) if called else None
        if called is None or over is None or over.tests:
            return
        tested = over.element
        if called[0] == "all":
            if not isinstance(tested, ast.UnaryOp) or not isinstance(tested.op, ast.Not):
                return
            tested = tested.operand
        asked = method_call(tested, "startswith", "endswith", arguments=1)
        if (
            asked is None
            or not is_name(asked[1].args[0], over.target.id)
            or mentions(asked[0], over.target.id)
        ):
            return
        if not isinstance(asked[0], (ast.Name, ast.Attribute)) or module.qualified(asked[0]) is not None:
            return
        evidence = Evidence()
        prefixes = _as_tuple(over.iterated, module, evidence)
        evidence.require(module.types.is_a(asked[0], "str"), f"`{module.text(asked[0])}` is a text")
        if (
            prefixes is None
            or evidence.violated
            or not builtin(node, module, "tuple")
            or not isinstance(asked[1].func, ast.Attribute)
        ):
            return
        text = f"{module.text(asked[0])}.{asked[1].func.attr}({prefixes})"
        yield module.finding(
            self, node, f"`{asked[1].func.attr}` takes a tuple: one call instead of a generator and a call for each.", evidence,
            title=f"Ask `{asked[1].func.attr}` once", edits=[module.replace(node, text if called[0] == "any" else f"not {text}")],
        )  # fmt: skip


def _as_tuple(node: ast.expr, module: Module, evidence: Evidence) -> str | None:
    """The prefixes as a tuple of texts."""
    kind = module.types.of(node)
    words = f"`{module.text(node)}` is a collection of texts"
    if kind is None:
        evidence.require(Known.of(False), words)
        return f"tuple({module.text(node)})" if isinstance(node, (ast.Name, ast.Attribute)) else None
    if kind.name not in ("tuple", "list", "set", "frozenset", "dict"):
        return None
    holds = (
        kind.args[0]
        if kind.args
        and len({arg.name if arg else "" for arg in kind.args[: 1 if kind.name == "dict" else None]}) == 1
        else None
    )
    evidence.require(
        Known.UNKNOWN if holds is None else (Known.YES if holds.name == "str" else Known.NO), words
    )
    if isinstance(node, ast.Tuple) or (isinstance(node, (ast.List, ast.Set)) and node.elts):
        texts = [module.text(part) for part in node.elts]
        return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"
    return module.text(node) if kind.name == "tuple" else f"tuple({module.text(node)})"


class PrefixAfterPrefix(Rule):
    """``s.startswith(a) or s.startswith(b)``."""

    id = "prefix-after-prefix"
    about = About(
        summary="A text is asked for several prefixes or suffixes with several calls",
        before="""\
def images(names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".png") or name.endswith(".jpg")]
""",
        after="""\
def images(names: list[str]) -> list[str]:
    return [name for name in names if name.endswith((".png", ".jpg"))]
""",
        why="`startswith` and `endswith` take a tuple: one method call instead of several.",
        preconditions=("the text and the prefixes are `str`",),
        references=("https://docs.python.org/3/library/stdtypes.html#str.startswith",),
    )
    nodes = (ast.BoolOp,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At ``or``, and at ``and`` of negations."""
        if not isinstance(node, ast.BoolOp):
            return
        negated = isinstance(node.op, ast.And)
        word = "and" if negated else "or"
        run: list[ast.expr] = []
        for part in [*node.values, None]:
            if (
                part is not None
                and _asks(part, negated)
                and (not run or _alike(run[-1], part, negated, word, module))
            ):
                run.append(part)
                continue
            if len(run) > 1:
                yield from self._merged(run, negated, module)
            run = [part] if part is not None and _asks(part, negated) else []

    def _merged(self, run: list[ast.expr], negated: bool, module: Module) -> Iterator[Finding]:
        calls = [_asks(part, negated) for part in run]
        owner, first = calls[0] or (run[0], None)
        evidence = Evidence()
        evidence.require(module.types.is_a(owner, "str"), f"`{module.text(owner)}` is a text")
        wanted = [call[1].args[0] for call in calls if call]
        for one in wanted:
            evidence.require(text_like(one, module), f"`{module.text(one)}` is a text")
        if (
            evidence.violated
            or first is None
            or not isinstance(first.func, ast.Attribute)
            or module.qualified(first.func) is not None
        ):
            return
        inside = ", ".join(module.text(one) for one in wanted)
        text = f"{'not ' if negated else ''}{module.text(owner)}.{first.func.attr}(({inside}))"
        yield module.finding(
            self, run[0], f"`{first.func.attr}` takes a tuple: one call does for all.", evidence, until=run[-1],
            title=f"Ask `{first.func.attr}` once", edits=[Edit(module.start(run[0]), module.end(run[-1]), text)],
        )  # fmt: skip


def _asks(part: ast.expr, negated: bool) -> tuple[ast.expr, ast.Call] | None:
    if negated:
        if not isinstance(part, ast.UnaryOp) or not isinstance(part.op, ast.Not):
            return None
        part = part.operand
    found = method_call(part, "startswith", "endswith", arguments=1)
    if found and isinstance(found[0], ast.Name) and isinstance(found[1].args[0], (ast.Constant, ast.Name)):
        return (
            found
            if not isinstance(found[1].args[0], ast.Constant) or text_constant(found[1].args[0]) is not None
            else None
        )
    return None


def _alike(one: ast.expr, other: ast.expr, negated: bool, word: str, module: Module) -> bool:
    first, second = _asks(one, negated), _asks(other, negated)
    return (
        first is not None
        and second is not None
        and module.same(first[1].func, second[1].func)
        and module.source[module.end(one) : module.start(other)].strip() == word
    )
