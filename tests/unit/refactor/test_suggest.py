"""What is suggested unasked, and the settings that say where."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_analysis.metrics.compare import change
from burnish_analysis.perf.fixing import apply_fix
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.settings import (
    RefactorSettings,
    find_refactor_settings,
    read_refactor_settings,
)
from burnish_analysis.refactor.suggest import suggested

EVERY = RefactorSettings(suggest_from=1)
CHAIN = "".join(
    f"        {'el' if place else ''}if kind == 'k{place}':\n            return {place}\n"
    for place in range(12)
)
COMPLEX = f"class A:\n    def f(self, kind: str) -> int:\n{CHAIN}        else:\n            return -1\n"
SIMPLE = "def f(x: int):\n    if x == 1 or x == 2 or x == 3:\n        return x\n    return None\n"


def test_a_complex_function_gets_what_makes_it_simpler() -> None:
    module = Module(COMPLEX)
    found = suggested(module, names=frozenset({"dict-dispatch", "match-statement", "invert-if"}))
    assert [one.finding.rule for one in found] == ["dict-dispatch"]
    difference = found[0].change
    assert difference == change(COMPLEX, apply_fix(module, found[0].finding), "A.f")
    assert (difference.complexity_before, difference.complexity_after) == (13, 1)
    assert difference.improves
    assert "complexity 13 → 1" in difference.words


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(line_end: str) -> None:
    found = suggested(Module("\ufeff" + COMPLEX.replace("\n", line_end)))
    assert "dict-dispatch" in [one.finding.rule for one in found]


def test_a_simple_function_is_left_in_peace_unless_asked_for() -> None:
    assert not suggested(Module(SIMPLE))
    found = suggested(Module(SIMPLE), EVERY, frozenset({"use-in"}))
    assert found[0].change.words.startswith("complexity 4 → 2")


def test_what_makes_nothing_simpler_is_not_suggested() -> None:
    source = "def f(x, y):\n    if x:\n        if y:\n            print(x)\n"
    assert not suggested(Module(source), EVERY, frozenset({"merge-nested-ifs", "guard-clause"}))


def test_what_is_not_shown_is_not_suggested() -> None:
    source = SIMPLE.replace("x: int", "x, y, z").replace("== 2", "== y").replace("== 3", "== z")
    assert not suggested(Module(source), EVERY, frozenset({"use-in"}))


def test_deep_nesting_counts_too() -> None:
    source = (
        "def f(x: int):\n    for a in x:\n        for b in a:\n            for c in b:\n                if c:\n"
        "                    print(x == 1 or x == 2 or x == 3)\n"
    )
    assert [one.finding.rule for one in suggested(Module(source), names=frozenset({"use-in"}))] == ["use-in"]


def test_settings_choose() -> None:
    module = Module(COMPLEX)
    assert not suggested(
        module, RefactorSettings(ignore=frozenset({"dict-dispatch"})), frozenset({"dict-dispatch"})
    )
    assert not suggested(module, RefactorSettings(select=frozenset({"use-in"})))
    assert not suggested(module, RefactorSettings(suggest_from=14), frozenset({"dict-dispatch"}))


def test_settings_are_read_from_the_nearest_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.burnish.refactor]\nselect = ["use-in"]\nignore = ["walrus"]\nsuggest-from = 1\n'
    )
    inner = tmp_path / "package" / "module.py"
    inner.parent.mkdir()
    inner.write_text("")
    found = find_refactor_settings(inner)
    assert found == RefactorSettings(frozenset({"use-in"}), frozenset({"walrus"}), 1, asked=True)
    assert found.on("use-in", default=False) and not found.on("dict-dispatch") and not found.on("walrus")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "must be a table"),
        ({"suggest-from": 0}, "whole number from 1"),
        ({"suggest-from": True}, "whole number from 1"),
        ({"select": "use-in"}, "must be a list of strings"),
        ({"ignore": ["no-such"]}, "there is no such refactoring"),
        ({"sugest-from": 3}, "is not a setting"),
    ],
)
def test_bad_settings_are_named_and_leave_the_default(table: object, said: str) -> None:
    found = read_refactor_settings(table)
    assert any(said in problem for problem in found.problems)
    assert found.suggest_from == 11 and not found.select


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool")
    assert "could not be read" in find_refactor_settings(tmp_path / "x.py").problems[0]
