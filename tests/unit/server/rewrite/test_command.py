"""``burnish rewrite``: which functions it takes, what it prints and what it writes."""

from __future__ import annotations

import cProfile
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burnish_analysis.verify.model import Speedup, Verdict
from burnish_server.commands import rewrite as command
from burnish_server.commands.rewrite import Asked, Rewriting, chosen, rewrite
from burnish_server.errors import DocumentError
from burnish_server.perf.verdicts import Verdicts
from burnish_server.rewrite.model import Budget
from tests.unit.server.scripted import ScriptedEngine

TEXT = """\ufeffdef total(xs):\r
    result = 0\r
    for x in xs:\r
        result += x\r
    return result\r
\r
\r
class Box:\r
    def size(self):\r
        return 1\r
"""
SPEED = Speedup(3.0, 2.5, 3.5, 40, 1.5)
SAME = Verdict(
    "equivalent", "tested", inputs=50, speedup=SPEED, faster=True, evidence="equivalent on 50 inputs"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.py"
    path.write_bytes(TEXT.encode())
    return path


def asked(file: Path, *, write: bool = False) -> Asked:
    return Asked(file, ("total",), "either", Budget(samples=1), write)


async def done(work: Rewriting, tmp_path: Path, name: str = "total") -> dict[str, Any]:
    verdicts = Verdicts(tmp_path, lambda *_, **__: SAME)
    try:
        return await work.done(ScriptedEngine("    return sum(xs)"), verdicts, name)
    finally:
        verdicts.end()


def quiet(_name: str) -> Any:
    return lambda _share, _words: None


async def test_the_best_version_goes_into_the_file_and_nothing_else_changes(
    file: Path, tmp_path: Path
) -> None:
    shown = await done(Rewriting(asked(file), quiet), tmp_path)
    assert [result["gain"] for result in shown["results"]] == ["3.0×"]
    assert shown["written"] is None
    assert file.read_bytes() == TEXT.encode()
    written = await done(Rewriting(asked(file, write=True), quiet), tmp_path)
    assert written["written"] == written["results"][0]["key"]
    loop = TEXT[TEXT.index("    result = 0") : TEXT.index("\r\n\r\n\r\nclass")]
    assert file.read_bytes() == TEXT.replace(loop, "    return sum(xs)").encode()
    with pytest.raises(DocumentError, match="no function 'gone'"):
        await done(Rewriting(asked(file), quiet), tmp_path, "gone")


def test_functions_are_named_all_or_the_hottest(file: Path, tmp_path: Path) -> None:
    assert chosen(file, None, 5) == ("total", "Box.size")
    space: dict[str, Any] = {}
    exec(compile(file.read_text("utf-8-sig"), str(file), "exec"), space)
    profile = cProfile.Profile()
    profile.runcall(space["total"], range(200_000))
    out = tmp_path / "out.prof"
    profile.dump_stats(out)
    assert chosen(file, out, 5) == ("total",)
    other = tmp_path / "other.py"
    other.write_text("def f():\n    return 1\n")
    with pytest.raises(DocumentError, match="takes time in"):
        chosen(other, out, 5)
    with pytest.raises(DocumentError, match="no profile"):
        chosen(file, other, 5)
    other.write_text("def f(:\n")
    with pytest.raises(DocumentError, match="not Python"):
        chosen(other, None, 5)
    other.write_text("x = 1\n")
    with pytest.raises(DocumentError, match="no function"):
        chosen(other, None, 5)


def test_what_is_printed(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def with_model(_home: Path, _model: str, work: Rewriting) -> list[dict[str, Any]]:
        return [await done(work, tmp_path, name) for name in work.asked.functions]

    monkeypatch.setattr(command, "_with_model", with_model)
    runner, given = CliRunner(), {"home": tmp_path}
    told = runner.invoke(rewrite, [str(file), "total", "--samples", "1", "--write"], obj=given)
    assert told.exit_code == 0
    assert "total: 1 of 1 versions proved better" in told.output
    assert "equivalent on 50 inputs" in told.output
    assert "+    return sum(xs)" in told.output and "in the file now" in told.output
    none = runner.invoke(rewrite, [str(file), "total", "--samples", "1", "--json"], obj=given)
    assert none.exit_code == 1
    (one,) = json.loads(none.stdout)["functions"]
    assert (one["function"], one["results"], one["dropped"]) == ("total", [], {"same as before": 1})
    for wrong in ([str(file)], [str(file), "total", "--all"]):
        refused = runner.invoke(rewrite, wrong, obj=given)
        assert refused.exit_code == 2
        assert "Say which functions" in refused.output
