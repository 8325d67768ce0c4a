"""Fixes as a whole: imports, convergence, overlaps, comments, ignore comments, settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish_analysis.perf import analyse as analysing
from burnish_analysis.perf import fixing
from burnish_analysis.perf.model import About, Finding, Import, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import Severity, find_settings, read_settings


class OldToNew(Rule):
    """A rule for these tests: ``old(x)`` becomes ``deque(x)``."""

    id = "old-to-new"
    about = About("old", "", "", "")
    nodes = (ast.Call,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "old":
            text = f"{module.imported('collections', 'deque', at=node)}({module.text(node.args[0])})"
            yield module.finding(
                self,
                node,
                "old",
                edits=[module.replace(node, text)],
                imports=[Import("collections", "deque")],
            )


@pytest.fixture(autouse=True)
def one_rule(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(analysing, "all_rules", lambda: {"old-to-new": OldToNew()})
    monkeypatch.setattr(analysing, "offered", lambda rule: True)
    analysing._by_type.cache_clear()
    yield
    analysing._by_type.cache_clear()


def fixed(source: str) -> str:
    return fixing.apply_fixes(source).source


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = old(1)\n", "from collections import deque\nx = deque(1)\n"),
        ('"""Doc."""\nx = old(1)\n', '"""Doc."""\nfrom collections import deque\nx = deque(1)\n'),
        ("#!/usr/bin/env python\n# coding: utf-8\nx = old(1)\n",
         "#!/usr/bin/env python\n# coding: utf-8\nfrom collections import deque\nx = deque(1)\n"),
        ("from __future__ import annotations\nx = old(1)\n",
         "from __future__ import annotations\nfrom collections import deque\nx = deque(1)\n"),
        ("from collections import deque\nx = old(1)\n", "from collections import deque\nx = deque(1)\n"),
        ("from collections import deque as d\nx = old(1)\n", "from collections import deque as d\nx = d(1)\n"),
        ("import collections as c\nx = old(1)\n", "import collections as c\nx = c.deque(1)\n"),
        ("deque = 3\nx = old(1)\n", "import collections\ndeque = 3\nx = collections.deque(1)\n"),
        ("def f(deque):\n    return old(deque)\n", "import collections\ndef f(deque):\n    return collections.deque(deque)\n"),
        ("x = old(1)", "from collections import deque\nx = deque(1)"),
        ("x = (1, old(2), old(3))\n", "from collections import deque\nx = (1, deque(2), deque(3))\n"),
    ],
)  # fmt: skip
def test_imports_are_added_or_used_again(before: str, after: str) -> None:
    assert fixed(before) == after
    assert fixed(after) == after


def test_nested_places_are_fixed_one_after_another() -> None:
    assert fixed("x = old(old(old(1)))\n").endswith("x = deque(deque(deque(1)))\n")


def test_a_comment_is_never_lost() -> None:
    source = "x = old(  # why\n    1)\n"
    found = analysing.analyse(source)
    assert len(found) == 1
    assert found[0].fix is None
    assert fixed(source) == source


@pytest.mark.parametrize(
    "source",
    [
        "x = old(1)  # burnish: ignore\n",
        "x = old(1)  # burnish: ignore[old-to-new]\n",
        "x = old(1)  # noqa  # burnish: ignore[other, old-to-new]\n",
        "# burnish: ignore-file\nx = old(1)\n",
        "# burnish: ignore-file[old-to-new]\nx = old(1)\n",
    ],
)
def test_ignored(source: str) -> None:
    assert analysing.analyse(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = old(1)  # burnish: ignore[other]\n",
        "x = '# burnish: ignore'; y = old(1)\n",
        "# burnish: ignore\nx = old(1)\n",
    ],
)
def test_not_ignored(source: str) -> None:
    assert len(analysing.analyse(source)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = old(y)\nz = old(1)\n", "x = old(y)\nz = new(1)\n"),
        ("def f(y):\n    x = old(y)\n    z = old(1)\n", "def f(y):\n    x = old(y)\n    z = new(1)\n"),
        ("x = old(y), old(1)\n", "x = old(y), new(1)\n"),
    ],
)
def test_a_fix_that_would_break_the_file_is_not_applied(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    def broken(self: OldToNew, node: ast.AST, module: Module) -> Iterator[Finding]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "old":
            good = isinstance(node.args[0], ast.Constant)
            yield module.finding(
                self, node, "old", edits=[module.replace(node, "new(1)" if good else "new(((1)")]
            )

    monkeypatch.setattr(OldToNew, "check", broken)
    assert fixed(before) == after


def test_fixes_that_undo_each_other_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def turns(self: OldToNew, node: ast.AST, module: Module) -> Iterator[Finding]:
        if isinstance(node, ast.Name) and node.id in ("one", "two"):
            other = "two" if node.id == "one" else "one"
            yield module.finding(self, node, "turn", edits=[module.replace(node, other)])

    monkeypatch.setattr(OldToNew, "check", turns)
    monkeypatch.setattr(OldToNew, "nodes", (ast.Name,))
    analysing._by_type.cache_clear()
    result = fixing.apply_fixes("one\n")
    assert (result.source, len(result.applied)) == ("two\n", 1)


def test_a_rule_that_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: OldToNew, node: ast.AST, module: Module) -> Iterator[Finding]:
        raise ZeroDivisionError

    monkeypatch.setattr(OldToNew, "check", fails)
    told: list[str] = []
    assert analysing.findings_in(Module("old(1)\n"), failed=lambda rule, error: told.append(rule.id)) == []
    assert told == ["old-to-new"]
    with pytest.raises(ZeroDivisionError):
        analysing.analyse("old(1)\n")


def test_settings_are_found_above_and_bad_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.burnish]\nignore = ["a"]\nexclude = ["gen/*"]\nselect = 3\nwrong = 1\n[tool.burnish.rules]\nb = "warning"\nc = "loud"\n'
    )
    (tmp_path / "gen").mkdir()
    settings = find_settings(tmp_path / "gen" / "x.py")
    assert settings.ignore == {"a"}
    assert settings.severity == {"b": Severity.WARNING}
    assert settings.excluded(tmp_path / "gen" / "x.py")
    assert not settings.excluded(tmp_path / "x.py")
    text = " ".join(settings.problems)
    assert all(word in text for word in ("select", "wrong", "rules.c"))


def test_settings_that_are_not_toml_leave_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.burnish\n")
    settings = find_settings(tmp_path)
    assert settings.problems
    assert settings.on("x", default=True)


def test_which_rules_speak() -> None:
    settings = read_settings({"ignore": ["a"], "rules": {"b": "off", "c": "hint"}})
    assert [settings.on(rule, default=True) for rule in "abcd"] == [False, False, True, True]
    assert settings.on("c", default=False)
    assert not settings.on("d", default=False)
    assert [read_settings({"select": ["x"]}).on(rule, default=True) for rule in "xy"] == [True, False]
