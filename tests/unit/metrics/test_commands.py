"""``burnish metrics`` as users and programs meet it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from burnish_analysis.metrics.measure import measure
from tests.unit.conftest import Run, put

from .sources import SOURCES
from .test_checking import COMPLEX


def commit(message: str) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "-A"], check=True)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *identity, "commit", "-qm", message], check=True)


def test_the_worst_function_comes_first(run: Run) -> None:
    put("a.py", "def simple(): pass\n" + COMPLEX)
    Path("inner").mkdir()
    put("inner/b.py", SOURCES["nested"])
    status, out, err = run("metrics", ".")
    lines = out.splitlines()
    assert status == 0 and err == ""
    assert lines[0].split() == ["rank", "complexity", "nesting", "function", "place"]
    assert lines[1].split() == ["C", "13", "1", "f", "a.py:2"]
    assert [line.split()[3] for line in lines[2:6]] == [
        "outer.inner",
        "outer",
        "outer.Local.method",
        "outer.inner.innermost",
    ]
    assert "6 functions in 2 files: 4 A, 1 B, 1 C." in out


def test_json_is_a_list_of_files_with_their_functions(run: Run) -> None:
    put("a.py", SOURCES["classes"])
    status, out, _ = run("metrics", "--json", "a.py")
    (said,) = json.loads(out)
    assert status == 0 and said == json.loads(json.dumps(measure(SOURCES["classes"], "a.py").as_dict()))


@pytest.mark.parametrize("option", ["--above", "--fail-above"])
def test_above_a_rank_fails(run: Run, option: str) -> None:
    put("a.py", COMPLEX + SOURCES["nested"])
    status, out, _ = run("metrics", option, "b", "a.py")
    assert status == 1 and "f" in out and "outer" not in out
    status, out, _ = run("metrics", option, "C", "a.py")
    assert status == 0 and "13" not in out
    (said,) = json.loads(run("metrics", "--json", option, "B", "a.py")[1])
    assert [one["name"] for one in said["functions"]] == ["f"]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("complexity", "f"),
        ("nesting", "outer"),
        ("effort", "outer"),
        ("maintainability", "f"),
        ("path", "outer"),
    ],
)
def test_functions_are_sorted(run: Run, order: str, first: str) -> None:
    put("b.py", COMPLEX)
    put("a.py", SOURCES["nested"])
    _, out, _ = run("metrics", "--sort", order, "--limit", "1", ".")
    assert out.splitlines()[1].split()[3] == first and "more: --limit 0" in out


def test_files_that_cannot_be_measured_are_named_and_the_rest_goes_on(run: Run) -> None:
    put("a.py", "def f(:\n")
    Path("b.py").write_bytes(b"x = '\xff'\n")
    put("c.py", "x = " + " + ".join(["1"] * 3000))
    put("d.py", COMPLEX)
    Path("latin.py").write_bytes("# -*- coding: latin-1 -*-\ndef é(): return 'ß'\n".encode("latin-1"))
    Path("mark.py").write_bytes(b"\xef\xbb\xbfdef g():\r\n    return 1\r\n")
    status, out, err = run("metrics", "--json", ".")
    assert status == 1
    assert [one["path"] for one in json.loads(out)] == ["d.py", "latin.py", "mark.py"]
    assert json.loads(out)[1]["functions"][0]["name"] == "é"
    assert [line.split()[1] for line in err.splitlines()] == ["a.py", "b.py", "c.py"]


def test_excluded_files_are_left_out(run: Run) -> None:
    put("pyproject.toml", '[tool.burnish]\nexclude = ["a.py"]\n')
    put("a.py", COMPLEX)
    put("b.py", "x = 1\n")
    assert [one["path"] for one in json.loads(run("metrics", "--json", ".")[1])] == ["b.py"]


@pytest.mark.parametrize(
    "arguments", [(), ("nowhere",), ("--above", "G", "."), ("--sort", "name", "."), ("--limit", "-1", ".")]
)
def test_wrong_usage_gives_2(run: Run, arguments: tuple[str, ...]) -> None:
    status, _, err = run("metrics", *arguments)
    assert status == 2 and "Error" in err


def test_nothing_to_measure(run: Run) -> None:
    assert run("metrics", "--json", ".")[:2] == (0, "[]\n")
    status, out, _ = run("metrics", ".")
    assert status == 0 and "0 functions in 0 files" in out


def test_against_a_revision(run: Run) -> None:
    put("a.py", SOURCES["nested"] + "def gone(): pass\n")
    put("same.py", SOURCES["classes"])
    commit("one")
    put("a.py", SOURCES["nested"].replace("while self:", "while self and x:"))
    put("new.py", COMPLEX)
    status, out, _ = run("metrics", "--against", "HEAD", ".")
    assert status == 0
    words = [line.split() for line in out.splitlines()]
    changes = [line for line in words if line and line[0][0] in "+-"]
    assert changes == [
        ["+13", "new", "13", "f", "new.py:1"],
        ["+1", "3", "4", "outer.Local.method", "a.py:13"],
        ["-1", "1", "gone", "gone", "a.py"],
    ]
    said = {
        one["path"]: one["against"]
        for one in json.loads(run("metrics", "--json", "--against", "HEAD", ".")[1])
    }
    assert said["new.py"]["before"] is None and not said["same.py"]["changed"]
    assert said["a.py"]["before"]["mi"] == measure(SOURCES["nested"] + "def gone(): pass\n").mi
    assert said["same.py"]["before"]["mi"] == measure(SOURCES["classes"]).mi


def test_an_old_version_that_is_not_python_is_passed_over(run: Run) -> None:
    put("a.py", "def (")
    commit("one")
    put("a.py", COMPLEX)
    status, _, err = run("metrics", "--against", "HEAD", ".")
    assert status == 0 and err.startswith("Note: a.py is not compared: at HEAD, ")


def test_an_unknown_revision_or_no_repository_is_an_error(run: Run) -> None:
    put("a.py", COMPLEX)
    status, _, err = run("metrics", "--against", "HEAD", ".")
    assert status == 1 and err.startswith("Error: git refuses")
    commit("one")
    status, out, err = run("metrics", "--json", "--against", "nowhere", ".")
    assert status == 1 and "nowhere" in json.loads(out)["error"] and "nowhere" in err


def test_paths_are_shown_whole_and_without_markup(run: Run) -> None:
    folder = Path("a" * 100) / "[bold]é"
    folder.mkdir(parents=True)
    put(str(folder / "x.py"), COMPLEX)
    _, out, _ = run("metrics", ".")
    assert f"{folder / 'x.py'}:1" in out
