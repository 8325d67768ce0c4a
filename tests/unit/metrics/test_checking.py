"""``burnish check`` tells of figures above thresholds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.metrics.bounds import could_be_low
from burnish_analysis.metrics.limits import exceeded
from burnish_analysis.metrics.measure import measure
from burnish_analysis.metrics.rules import METRIC_RULES
from burnish_analysis.metrics.settings import MetricSettings, metric_settings_at, read_metric_settings
from burnish_analysis.perf.checking import CheckOptions, Task, check_file
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings, read_settings
from tests.unit.conftest import Run, put

from .sources import SOURCES

ONLY = ",".join(METRIC_RULES)
COMPLEX = "def f(a):\n" + "".join(f"    if a == {n}:\n        print({n})\n" for n in range(12))
DEEP = "class A:\n    def f(self, a):\n        for b in a:\n            if b:\n                with b:\n                    if a: pass\n"
#: Much code that computes much.
HEAVY = "".join(f"x{n} = (y{n} + z{n} * {n}) / (a{n} - b{n}) if c{n} else d{n} < e{n}\n" for n in range(450))


def told(run: Run, *arguments: str) -> list[dict[str, Any]]:
    _, out, _ = run("check", "--json", "--select", ONLY, *arguments)
    return json.loads(out)


def test_figures_above_thresholds_are_told(run: Run) -> None:
    put("a.py", COMPLEX)
    put("b.py", DEEP)
    put("c.py", "\n" + HEAVY)
    put("d.py", SOURCES["nested"])
    found = told(run, ".")
    assert [(one["path"], one["rule"], one["line"], one["function"], one["kind"]) for one in found] == [
        ("a.py", "complex-function", 1, "f", "metric"),
        ("b.py", "deep-nesting", 2, "A.f", "metric"),
        ("c.py", "low-maintainability", 1, "", "metric"),
    ]
    assert "complexity of 13 (rank C" in found[0]["message"] and "if (12)" in found[0]["message"]
    assert "4 deep" in found[1]["message"] and "index of this file is" in found[2]["message"]
    assert not any(one["fixable"] for one in found) and {one["severity"] for one in found} == {"hint"}
    assert run("check", "--select", ONLY, "a.py")[0] == 1 and run("check", "--select", ONLY, "d.py")[0] == 0


def test_a_project_sets_thresholds_and_severity(run: Run) -> None:
    put("a.py", COMPLEX)
    put("b.py", DEEP)
    put("c.py", HEAVY)
    put("pyproject.toml", "[tool.burnish.metrics]\ncomplexity = 14\nnesting = 0\nmaintainability = 0\n")
    assert told(run, ".") == []
    put(
        "pyproject.toml",
        '[tool.burnish.metrics]\ncomplexity = 13\n[tool.burnish.rules]\ncomplex-function = "warning"\n',
    )
    assert [(one["rule"], one["severity"]) for one in told(run, "a.py")] == [("complex-function", "warning")]
    put("pyproject.toml", '[tool.burnish]\nignore = ["complex-function"]\n')
    status, out, err = run("check", "a.py")
    assert (status, out) == (0, "") and "Warning" not in err


def test_bad_thresholds_are_named_and_defaults_stay(run: Run) -> None:
    put("a.py", COMPLEX)
    put(
        "pyproject.toml",
        '[tool.burnish.metrics]\ncomplexity = "high"\nlines = 3\n[tool.burnish.refactor]\nselect = []\n',
    )
    status, out, err = run("check", "a.py")
    assert status == 1 and "complex-function" in out
    assert "tool.burnish.metrics.complexity is 'high'" in err and "tool.burnish.metrics.lines is not" in err
    assert "refactor" not in err


@pytest.mark.parametrize(
    "source",
    [
        COMPLEX.replace("def f(a):", "def f(a):  # burnish: ignore[complex-function]"),
        COMPLEX.replace("def f(a):", "def f(a):  # burnish: ignore"),
        "# burnish: ignore-file[complex-function]\n" + COMPLEX,
        "# burnish: ignore-file[low-maintainability]\n" + HEAVY,
    ],
)
def test_comments_silence_it(run: Run, source: str) -> None:
    put("a.py", source)
    assert told(run, "a.py") == []


def test_exact_only_tells_nothing_that_has_no_fix(run: Run) -> None:
    put("a.py", COMPLEX)
    assert told(run, "--exact-only", "a.py") == []


def test_a_change_anywhere_in_a_function_is_one_of_it(run: Run) -> None:
    put("a.py", DEEP + COMPLEX)
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", *command], check=True)
    put("a.py", DEEP + COMPLEX.replace("print(7)", "print(77)"))
    assert [one["rule"] for one in told(run, "--since", "HEAD", "a.py")] == ["complex-function"]


def test_sarif_lists_the_rules(run: Run) -> None:
    put("a.py", COMPLEX)
    log = json.loads(run("check", "--format", "sarif", "--select", ONLY, "a.py")[1])["runs"][0]
    rules = [rule["id"] for rule in log["tool"]["driver"]["rules"]]
    (result,) = log["results"]
    assert rules[result["ruleIndex"]] == result["ruleId"] == "complex-function"
    described = next(rule for rule in log["tool"]["driver"]["rules"] if rule["id"] == "complex-function")
    assert "```python" in described["help"]["markdown"] and "`" not in described["help"]["text"]


def test_a_file_too_deep_for_radon_keeps_its_other_findings(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = " + " + ".join(f"a{n} * b{n}" for n in range(900)) + "\n" + HEAVY + COMPLEX)
    report = check_file(Task(file, PerfSettings(select=frozenset(METRIC_RULES))))
    assert [item.rule for item in report.items] == ["complex-function"]
    assert [problem.harmless for problem in report.problems] == [True]


@pytest.mark.parametrize(
    "source", [*SOURCES.values(), COMPLEX, DEEP, HEAVY, "# c\n" * 50 + "x = 1 + 2\n" * 60]
)
def test_the_quick_bounds_leave_nothing_out(tmp_path: Path, source: str) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(source.encode())
    module = Module(source)
    metrics = measure(source)
    for threshold in (20, 60, 90, 100):
        if metrics.mi < threshold:
            assert could_be_low(module, threshold)
    for complexity in (2, 8, 13):
        (tmp_path / "pyproject.toml").write_text(
            f"[tool.burnish.metrics]\ncomplexity = {complexity}\nnesting = {complexity // 2}\nmaintainability = {complexity * 5}\n"
        )
        settings = PerfSettings(select=frozenset(METRIC_RULES), root=tmp_path)
        limits = metric_settings_at(tmp_path)
        assert limits.complexity == complexity
        found = check_file(Task(file, settings), CheckOptions()).items
        assert sorted((item.rule, item.function) for item in found) == sorted(
            (one.rule, one.block.name if one.block else "") for one in exceeded(metrics, limits)
        )


@pytest.mark.parametrize(
    ("table", "settings"),
    [
        (None, MetricSettings()),
        ({}, MetricSettings()),
        (
            {"complexity": 0, "maintainability": 9.5},
            MetricSettings(0, maintainability=9.5, asked=frozenset({"complexity", "maintainability"})),
        ),
    ],
)
def test_settings_are_read(table: Any, settings: MetricSettings) -> None:
    assert read_metric_settings(table) == settings


@pytest.mark.parametrize(
    "table",
    [3, {"complexity": True}, {"nesting": -1}, {"nesting": 2.5}, {"maintainability": float("nan")}, {"x": 1}],
)
def test_bad_settings_leave_defaults(table: Any) -> None:
    read = read_metric_settings(table)
    assert len(read.problems) == 1 and (read.complexity, read.nesting, read.maintainability) == (11, 4, 20)
    assert read.problems[0] in read_settings({"metrics": table}).problems


def test_without_a_readable_file_defaults_hold(tmp_path: Path) -> None:
    assert metric_settings_at(None) == metric_settings_at(tmp_path) == MetricSettings()
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    assert metric_settings_at(tmp_path).complexity == 11
