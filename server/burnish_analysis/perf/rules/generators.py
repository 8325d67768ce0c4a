"""Lists that are made to be asked once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.patterns import any_or_all
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.walking import walk

__all__ = ["AnyList"]


class AnyList(Rule):
    """``any([…])`` and ``all([…])`` of a list comprehension."""

    id = "any-list"
    about = About(
        summary="`any` or `all` is given a list made for it",
        before="""\
def has_long(words: list[str], least: int) -> bool:
    return any([len(word) > least for word in words])
""",
        after="""\
def has_long(words: list[str], least: int) -> bool:
    return any(len(word) > least for word in words)
""",
        why="The list is made to its end before the first value is looked at; a generator stops at the first that decides. Where none "
        "decides, the generator is slower (×0.7).",
        preconditions=("making the values has no effects and cannot raise",),
        references=("https://docs.python.org/3/library/functions.html#any",),
    )
    nodes = (ast.Call,)
    calls = ("any", "all")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At calls with one list comprehension."""
        called = any_or_all(node, module)
        if called is None or not isinstance(called[1], ast.ListComp):
            return
        name, made = called[0], called[1]
        if any(clause.is_async for clause in made.generators) or any(
            isinstance(part, (ast.Await, ast.NamedExpr)) for part in walk(made)
        ):
            return
        evidence = Evidence()
        parts = [made.elt, *(test for clause in made.generators for test in clause.ifs)]
        parts += [clause.iter for clause in made.generators[1:]]
        for part in parts:
            text = module.text(part)
            if not evidence.require(module.effects.pure(part), f"`{text}` has no effects"):
                return
            evidence.require(module.effects.total(part), f"`{text}` cannot raise")
        kind = module.types.of(made.generators[0].iter)
        lasting = kind is not None and kind.name not in ("generator", "iterator", "file")
        evidence.require(
            Known.of(lasting), f"`{module.text(made.generators[0].iter)}` can be gone through halfway"
        )
        start, end = module.start(made), module.end(made)
        yield module.finding(
            self,
            node,
            f"The whole list is made before `{name}` looks at its first value.",
            evidence,
            title="Give it a generator",
            edits=[Edit(start, start + 1, ""), Edit(end - 1, end, "")],
        )
