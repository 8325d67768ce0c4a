"""The report on a workspace from a real client over stdio: figures, bounds, stopping, and what changed since a revision."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from tests.lsp.metrics.parts import PLAIN, branches, simple
from tests.lsp.perf.editor import Editor, Start


def project(one: Editor) -> None:
    (one.folder / "pkg").mkdir(exist_ok=True)
    (one.folder / "pkg" / "größe.py").write_text(f"{branches()}\n\n{simple()}", encoding="utf-8")
    (one.folder / "a.py").write_text(simple("one"))
    (one.folder / "broken.py").write_text("def f(:\n")
    (one.folder / "left_out.py").write_text(branches())
    (one.folder / "secret_a.py").write_text(branches())
    (one.folder / "node_modules").mkdir(exist_ok=True)
    (one.folder / "node_modules" / "b.py").write_text(branches())


SETTINGS = {"completion": {"enabled": False, "exclude": ["secret_*.py"]}}
EXCLUDING = f'{PLAIN}exclude = ["left_out.py"]\n'


async def test_a_report_has_every_file_and_function(editor: Start) -> None:
    one = await editor(SETTINGS, pyproject=EXCLUDING)
    project(one)
    report = await one.command("metricsReport")
    files = {file["path"]: file for file in report["files"]}
    assert sorted(files) == ["a.py", "pkg/größe.py"]
    found = files["pkg/größe.py"]
    assert found["uri"] == (one.folder / "pkg" / "größe.py").as_uri()
    functions = {function["name"]: function for function in found["functions"]}
    assert (functions["branches"]["complexity"], functions["branches"]["rank"]) == (12, "C")
    assert (functions["simple"]["line"], functions["simple"]["lines"]) == (26, 2)
    assert (report["functions"], report["ranks"]["C"], report["ranks"]["A"]) == (3, 1, 2)
    assert report["average"] == pytest.approx(16 / 3)
    assert (report["left"], report["cancelled"]) == (0, False)
    (problem,) = report["problems"]
    assert "broken.py" in problem
    ends = [one for one in one.progress if one["kind"] == "end"]
    assert len(ends) == 1


async def test_a_report_is_bounded_and_says_what_it_left_out(editor: Start) -> None:
    one = await editor(SETTINGS, pyproject=EXCLUDING)
    project(one)
    report = await one.command("metricsReport", {"files": 1, "functions": 1})
    assert ([file["path"] for file in report["files"]], report["left"]) == (["a.py"], 2)
    report = await one.command("metricsReport", {"functions": 1})
    told = {file["path"]: (len(file["functions"]), file["others"]["count"]) for file in report["files"]}
    assert told == {"a.py": (0, 1), "pkg/größe.py": (1, 1)}
    assert report["functions"] == 3
    report = await one.command("metricsReport", {"root": str(one.folder / "pkg")})
    assert [file["path"] for file in report["files"]] == ["größe.py"]
    for wrong in (str(one.folder.parent), 3):
        with pytest.raises(JsonRpcException, match="is no folder of this workspace"):
            await one.command("metricsReport", {"root": wrong})


async def test_a_report_that_is_stopped_tells_what_it_has(editor: Start) -> None:
    one = await editor(SETTINGS, pyproject=EXCLUDING)
    body = "\n\n".join(branches(f"f{number}", 40) for number in range(60))
    for number in range(60):
        (one.folder / f"m{number}.py").write_text(body.replace("return", f"return {number} or"))
    one.cancel_progress = True
    report = await one.command("metricsReport")
    assert report["cancelled"]
    assert report["left"] == 60 - len(report["files"]) > 0


async def test_what_changed_since_a_revision(editor: Start) -> None:
    one = await editor(SETTINGS, pyproject=EXCLUDING)
    project(one)
    with pytest.raises(JsonRpcException, match="git refuses"):
        await one.command("metricsTrend", {"revision": "HEAD"})
    commit(one.folder)
    (one.folder / "a.py").write_text(f"{branches('one')}\n\n{simple('new')}")
    answer = await one.command("metricsTrend", {"revision": "HEAD"})
    (file,) = answer["files"]
    assert (file["path"], file["uri"]) == ("a.py", (one.folder / "a.py").as_uri())
    assert file["miAfter"] < file["miBefore"]
    changed = {
        change["name"]: (change["line"], change["before"], change["after"]) for change in file["functions"]
    }
    assert changed == {"one": (0, 2, 12), "new": (26, None, 2)}
    for wrong in ("", "--output=x", None):
        with pytest.raises(JsonRpcException, match="needs"):
            await one.command("metricsTrend", {"revision": wrong})
    with pytest.raises(JsonRpcException, match="nowhere"):
        await one.command("metricsTrend", {"revision": "nowhere"})


async def test_git_is_not_run_where_the_workspace_is_not_trusted(editor: Start) -> None:
    one = await editor(SETTINGS, trusted=False)
    project(one)
    commit(one.folder)
    with pytest.raises(JsonRpcException, match="not trusted"):
        await one.command("metricsTrend", {"revision": "HEAD"})
    assert (await one.command("metricsReport"))["functions"] > 0


def commit(folder: Path) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "."), (*name, "commit", "-q", "-m", "first")):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
