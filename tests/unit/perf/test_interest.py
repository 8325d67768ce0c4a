"""Asking rules only about what they want to see loses nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from burnish_analysis.perf import analyse as analysing
from burnish_analysis.perf.analyse import analyse
from burnish_analysis.perf.catalogue import all_rules
from burnish_analysis.perf.interest import interesting
from burnish_analysis.perf.model import Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings

from .cases import every_case


class Wanted(Rule):
    id = "wanted"
    calls = ("sum", "sub")

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        return iter(())


class WantedInLoops(Wanted):
    repeated = True


SOURCE = """\
from re import sub as put, sub
import re
total = sum(xs)
for x in sum(xs):
    re.sub(x, put(x), f(x))
    def inner():
        return sub(1)
while sub(2):
    pass
else:
    (lambda: sum)()()
found = [sum(x) for x in sub(3)]
[]()
"""


def seen(rule: Rule, kind: type[ast.AST]) -> list[str]:
    module = Module(SOURCE)
    return sorted(module.text(node) for node in interesting(rule, kind, module))


def test_calls_are_found_by_name_by_attribute_and_by_other_names() -> None:
    assert seen(Wanted(), ast.Call) == [
        "put(x)",
        "re.sub(x, put(x), f(x))",
        "sub(1)",
        "sub(2)",
        "sub(3)",
        "sum(x)",
        "sum(xs)",
        "sum(xs)",
    ]


def test_what_repeats_stands_in_a_loop_or_comprehension() -> None:
    # The iterable of a loop is among them, which costs nothing but time.
    assert seen(WantedInLoops(), ast.Call) == [
        "put(x)",
        "re.sub(x, put(x), f(x))",
        "sub(1)",
        "sub(2)",
        "sub(3)",
        "sum(x)",
        "sum(xs)",
    ]
    assert seen(WantedInLoops(), ast.FunctionDef) == ["def inner():\n        return sub(1)"]
    assert len(seen(WantedInLoops(), ast.For)) == 0 and len(seen(Wanted(), ast.For)) == 1


@pytest.mark.parametrize(
    "rule", [rule for rule in all_rules().values() if rule.calls or rule.repeated], ids=lambda rule: rule.id
)
def test_no_case_is_lost(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = PerfSettings(select=frozenset({rule.id}))
    texts = [case.before for case in every_case() if case.rule == rule.id] + [rule.about.before]
    narrow = [analyse(text, settings=settings) for text in texts]
    monkeypatch.setattr(
        analysing, "interesting", lambda rule, kind, module: module.structure.nodes.get(kind, ())
    )
    assert narrow == [analyse(text, settings=settings) for text in texts]
