"""Refactorings on the command line: what is told unasked, what by name, and what is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.metrics.compare import complexity_of
from tests.unit.conftest import Run

#: Complex enough to be told of: eleven tests, one of which can go.
COMPLEX = (
    "def choose(a, b, kind):\n"
    + "".join(f"    if kind == {number}:\n        return {number}\n" for number in range(10))
    + "    if a == b:\n        return True\n    else:\n        return False\n"
)
SIMPLE = "def same(a: int, b: int):\n    if a == b:\n        return True\n    else:\n        return False\n"

JsonRun = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(run: Run) -> JsonRun:
    """The command on everything here, its answer read."""

    def call(*arguments: str) -> tuple[int, Any, str]:
        status, out, err = run(*arguments, "--json", ".")
        return status, json.loads(out), err

    return call


def put(text: str, name: str = "a.py") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def refactorings(items: list[dict[str, Any]]) -> list[str]:
    return [item["rule"] for item in items if item["kind"] == "refactor"]


def test_complex_functions_get_suggestions_with_what_they_do(run: JsonRun) -> None:
    put(COMPLEX.replace("a, b, kind", "a: int, b: int, kind: int"))
    assert refactorings(run("check")[1]) == []
    status, items, _ = run("check", "--suggested")
    (found,) = [item for item in items if item["kind"] == "refactor"]
    assert status == 1 and found["rule"] == "return-condition" and found["fixable"]
    before = complexity_of(Path("a.py").read_text(), "choose").complexity
    assert f"complexity {before} → {before - 1}" in found["message"]


def test_simple_functions_get_none_unless_asked_by_name(run: JsonRun) -> None:
    put(SIMPLE)
    assert refactorings(run("check", "--suggested")[1]) == []
    assert refactorings(run("check", "--select", "return-condition")[1]) == ["return-condition"]
    assert refactorings(run("check", "--select", "merge-nested-ifs")[1]) == []


def test_the_project_says_what_is_complex(run: JsonRun) -> None:
    put(SIMPLE)
    put("[tool.burnish.refactor]\nsuggest-from = 1\n", "pyproject.toml")
    assert refactorings(run("check")[1]) == ["return-condition"]
    put(
        '[tool.burnish]\nignore = ["return-condition"]\n[tool.burnish.refactor]\nsuggest-from = 1\n',
        "pyproject.toml",
    )
    assert refactorings(run("check")[1]) == []


def test_comments_silence(run: JsonRun) -> None:
    put(SIMPLE.replace("a == b:", "a == b:  # burnish: ignore[return-condition]"))
    assert refactorings(run("check", "--select", "return-condition")[1]) == []


def test_fixes_leave_code_as_it_is_unless_asked(run: JsonRun) -> None:
    path = put(SIMPLE)
    assert run("fix", "--write")[1] == [] and path.read_text() == SIMPLE
    assert run("fix", "--write", "--suggested")[1] == [] and path.read_text() == SIMPLE
    (done,) = run("fix", "--write", "--suggested", "--suggest-from", "1")[1]
    assert done["applied"] and path.read_text() == "def same(a: int, b: int):\n    return a == b\n"


def test_fixes_by_name(run: JsonRun) -> None:
    path = put(SIMPLE)
    (done,) = run("fix", "--rule", "return-condition")[1]
    assert done["accepted"] and not done["applied"] and path.read_text() == SIMPLE
    assert "+    return a == b" in done["diff"]


def test_an_unknown_name_is_told_with_the_nearest(run: JsonRun) -> None:
    put(SIMPLE)
    status, said, _ = run("check", "--select", "retrun-condition")
    assert status == 2 and "Did you mean return-condition?" in said["error"]
