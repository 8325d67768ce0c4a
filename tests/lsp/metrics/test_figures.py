"""Figures of functions from a real client over stdio: lenses, hints, hovers, diagnostics, and what drives a function."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from burnish_server.documents import SourceText
from tests.lsp.conftest import RECORDER
from tests.lsp.metrics.parts import (
    CLICKABLE,
    HINTS,
    LENSES,
    PLAIN,
    branches,
    configure,
    hover,
    inlay_hints,
    lenses,
    simple,
    titles,
)
from tests.lsp.perf.editor import RULE, VERIFIER, Start, exact


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_a_lens_stands_at_every_function(editor: Start, newline: str) -> None:
    one = await editor(LENSES, more=CLICKABLE, pyproject=PLAIN)
    text = (
        f"s = '𐐀'\n\nclass 𐐀A:\n    @property\n    async \\\n  def größe(self):\n        pass\n\n{simple()}"
    )
    text = text.replace("𐐀A", "A").replace("async \\\n  def", "async def").replace("\n", newline)
    uri = one.open("a.py", text)
    found = await lenses(one, uri)
    assert [lens.command.title for lens in found if lens.command] == [
        "complexity 1 · A · 2 lines",
        "complexity 2 · A · 2 lines",
    ]
    for lens, name in zip(found, ("größe", "simple"), strict=True):
        source = SourceText(text)
        start = source.offset_at(lens.range.start.line, lens.range.start.character)
        end = source.offset_at(lens.range.end.line, lens.range.end.character)
        assert text[start:end] == name
        assert lens.command is not None and lens.command.command == "burnish.showComplexity"
        (argument,) = lens.command.arguments or ()
        place = lens.range.start
        assert argument == {"uri": uri, "position": {"line": place.line, "character": place.character}}


async def test_positions_count_as_the_client_counts(editor: Start) -> None:
    one = await editor(LENSES, pyproject=PLAIN)
    uri = one.open("a.py", "x = '𐐀𐐀'; f = 1\nif x: \n    def 𝔣ast(a): return '𐐀' if a else 2\n")
    (lens,) = await lenses(one, uri)
    # The name's first letter takes two units.
    assert (lens.range.start, lens.range.end) == (types.Position(2, 8), types.Position(2, 13))
    # Another client does not know our command: its lens is a text.
    assert lens.command is not None and lens.command.command == ""


async def test_nothing_is_shown_where_it_is_off_and_settings_take_effect_at_once(editor: Start) -> None:
    one = await editor(pyproject=PLAIN)
    asked: list[str] = []
    name = types.WORKSPACE_CODE_LENS_REFRESH
    one.client.feature(name)(lambda *_: asked.append(name))
    uri = one.open("a.py", branches())
    assert (await lenses(one, uri), await inlay_hints(one, uri)) == ([], [])
    assert [hint.code for hint in await one.hints(uri)] == ["complex-function"]
    one.refreshed.clear()
    configure(one, {"metrics": {"codeLens": True, "inlayHints": True, "complexity": 13}})
    await asyncio.wait_for(one.refreshed.wait(), 5)
    assert await titles(one, uri) == {0: "complexity 12 · C · 24 lines"}
    assert len(await inlay_hints(one, uri)) == 1
    assert await one.hints(uri) == []
    # The library's editor does not say that it refreshes hints.
    assert set(asked) == {types.WORKSPACE_CODE_LENS_REFRESH}
    configure(one, {"metrics": {"complexity": 12}})
    one.refreshed.clear()
    await asyncio.wait_for(one.refreshed.wait(), 5)
    assert (await lenses(one, uri), await inlay_hints(one, uri)) == ([], [])
    assert [hint.code for hint in await one.hints(uri)] == ["complex-function"]
    one.refreshed.clear()
    configure(one, {"metrics": {"diagnostics": False}})
    await asyncio.wait_for(one.refreshed.wait(), 5)
    assert await one.hints(uri) == []


#: One rule for findings and one for figures.
BOTH = f'[tool.burnish]\nselect = ["{RULE}", "complex-function"]\n'
#: Figures take their time until a file says that they may be told.
SLOW_FIGURES = """
from burnish_server.perf.process import AnalyserProcess

really = AnalyserProcess.metrics

async def metrics(*arguments):
    import asyncio
    while not Path(sys.argv[1]).with_name("measure").exists():
        await asyncio.sleep(0.01)
    return await really(*arguments)

AnalyserProcess.metrics = metrics
"""


async def test_findings_do_not_wait_for_figures(editor: Start, tmp_path: Path) -> None:
    one = await editor(program="import sys\n" + VERIFIER + SLOW_FIGURES + RECORDER, pyproject=BOTH)
    uri = one.open("a.py", f"{exact()}\n\n{branches()}")
    first = await one.pull(uri)
    assert [each.code for each in first.items] == [RULE]
    assert not one.refreshed.is_set()
    (tmp_path / "measure").touch()
    await asyncio.wait_for(one.refreshed.wait(), 20)
    assert sorted(each.code for each in (await one.pull(uri)).items) == ["complex-function", RULE]
    # Figures keep their places while somebody types, and those that are the same are not told again.
    one.refreshed.clear()
    (tmp_path / "measure").unlink()
    one.edit(uri, 0, 0, "x = 1\n")
    moved = {each.code: each.range.start.line for each in (await one.pull(uri)).items}
    assert moved == {RULE: 4, "complex-function": 9}
    (tmp_path / "measure").touch()
    assert {each.code: each.range.start.line for each in await one.hints(uri)} == moved
    assert not one.refreshed.is_set()


async def test_who_cannot_be_asked_to_pull_again_gets_findings_and_figures_at_once(editor: Start) -> None:
    one = await editor(refreshes=False, pyproject=BOTH)
    uri = one.open("a.py", f"{exact()}\n\n{branches()}")
    assert sorted(each.code for each in (await one.pull(uri)).items) == ["complex-function", RULE]


async def test_a_bad_setting_is_named_and_costs_nothing_else(editor: Start) -> None:
    one = await editor({"metrics": {"codeLens": True, "complexity": "high"}}, pyproject=PLAIN)
    uri = one.open("a.py", branches())
    assert len(await lenses(one, uri)) == 1
    assert [hint.code for hint in await one.hints(uri)] == ["complex-function"]
    assert any("burnish.metrics.complexity" in message for message in one.messages)


async def test_half_written_code_keeps_the_last_figures_in_their_places(editor: Start) -> None:
    one = await editor(LENSES, pyproject=PLAIN)
    uri = one.open("a.py", f"{simple('first')}\n\n{branches('second')}")
    assert await titles(one, uri) == {0: "complexity 2 · A · 2 lines", 4: "complexity 12 · C · 24 lines"}
    one.edit(uri, 0, 0, "import (\n")
    assert await titles(one, uri) == {1: "complexity 2 · A · 2 lines", 5: "complexity 12 · C · 24 lines"}
    assert [hint.range.start.line for hint in await one.hints(uri)] == [5]
    shown = await hover(one, uri, "second")
    assert f"[line 8]({uri}#L8)" not in shown.contents.value
    assert f"[line 7]({uri}#L7)" in shown.contents.value
    # A function that is deleted takes its figures along.
    start = one.texts[uri].index("def first")
    one.edit(uri, start, one.texts[uri].index("def second"), "")
    assert await titles(one, uri) == {1: "complexity 12 · C · 24 lines"}
    one.edit(uri, 0, len("import (\n"), "")
    assert await titles(one, uri) == {0: "complexity 12 · C · 24 lines"}
    one.edit(uri, one.texts[uri].index("    if a == 3"), one.texts[uri].index("    if a == 4"), "")
    assert await titles(one, uri) == {0: "complexity 11 · C · 22 lines"}


async def test_code_that_was_never_complete_has_no_figures(editor: Start) -> None:
    one = await editor(LENSES, pyproject=PLAIN)
    uri = one.open("a.py", "def f(:\n")
    assert await lenses(one, uri) == []
    with pytest.raises(JsonRpcException, match="not complete Python"):
        await one.command("complexity", {"uri": uri, "position": {"line": 0, "character": 4}})


async def test_hints_stand_at_the_ends_of_lines(editor: Start) -> None:
    one = await editor(HINTS, more=CLICKABLE, pyproject=PLAIN)
    uri = one.open("a.py", f"{simple('one')}\n\ndef two(\n    a,\n    b,\n):  # 𐐀\n    pass\n")
    first, second = await inlay_hints(one, uri)
    assert (first.position, second.position) == (types.Position(0, 11), types.Position(4, 8))
    (part,) = first.label
    assert part.value == "complexity 2 · A"
    assert part.command.command == "burnish.showComplexity"
    assert "conditional expression" in part.tooltip.value
    assert len(await inlay_hints(one, uri, 3, 5)) == 1


async def test_a_hover_says_what_drives_a_function(editor: Start) -> None:
    one = await editor(pyproject=PLAIN)
    inner = "    for x in a:\n        if x and x > 1 and x > 2:\n            pass\n"
    uri = one.open("a.py", f"x = '𐐀'\n{branches('f', 9)[: -len('    return a' + chr(10))]}{inner}\n\nf(1)\n")
    shown = await hover(one, uri, "f(a)")
    text = shown.contents.value
    assert "def f(a)" in text
    assert "**Complexity 14 · C** (below 11 is asked for) · nesting 2 · 22 lines" in text
    assert f"- +2 `and of 3` in [line 22]({uri}#L22), 1 deep" in text
    assert "- +6 in 6 more places" in text
    assert (shown.range.start, shown.range.end) == (types.Position(1, 4), types.Position(1, 5))
    # Where the function is used, its figures are not what one looks for.
    assert "Complexity" not in (await hover(one, uri, "f(1)")).contents.value


async def test_what_drives_a_function_can_be_asked_for(editor: Start) -> None:
    one = await editor(pyproject=PLAIN)
    uri = one.open("a.py", f"s = '𐐀'\n{simple('outer')}\n    # end\n\n{branches()}")
    place = one.at(uri, "a == 3").start
    answer = await one.command("complexity", {"uri": uri, "position": {"line": place.line, "character": 0}})
    assert (answer["name"], answer["complexity"], answer["rank"], answer["lines"]) == (
        "branches",
        12,
        "C",
        24,
    )
    assert answer["limits"] == {"complexity": 11}
    assert answer["decisions"][3]["line"] == place.line
    assert answer["decisions"][3]["text"] == "if a == 3:"
    with pytest.raises(JsonRpcException, match="no function here"):
        await one.command("complexity", {"uri": uri, "position": {"line": 0, "character": 0}})
    with pytest.raises(JsonRpcException, match="needs"):
        await one.command("complexity", {"uri": uri})


async def test_thresholds_are_the_projects_and_comments_silence(editor: Start) -> None:
    one = await editor(pyproject="[tool.burnish.metrics]\ncomplexity = 3\nnesting = 2\n")
    deep = "def deep(a):\n    if a:\n        for x in a:\n            print(x)\n"
    uri = one.open("a.py", f"{simple('fine')}{deep}")
    hints = {hint.code: hint for hint in await one.hints(uri)}
    assert sorted(hints) == ["complex-function", "deep-nesting"]
    said = hints["complex-function"]
    assert said.message.startswith("`deep` has a cyclomatic complexity of 3 (rank A, at most 2 is asked for)")
    assert (said.range.start, said.range.end) == (types.Position(2, 4), types.Position(2, 8))
    assert (said.source, said.severity) == ("burnish", types.DiagnosticSeverity.Hint)
    at = one.texts[uri].index("(a):\n    if a:") + 4
    one.edit(uri, at, at, "  # burnish: ignore[deep-nesting]")
    assert [hint.code for hint in await one.hints(uri)] == ["complex-function"]
    text = '[tool.burnish.rules]\ncomplex-function = "warning"\n[tool.burnish.metrics]\ncomplexity = 3\nnesting = 0\n'
    await one.set_project(text)
    (hint,) = await one.hints(uri)
    assert (hint.code, hint.severity) == ("complex-function", types.DiagnosticSeverity.Warning)


async def test_a_file_that_is_hard_to_maintain_is_told_of_at_its_first_line(editor: Start) -> None:
    one = await editor({"metrics": {"maintainability": 100, "complexity": 0, "nesting": 0}}, pyproject=PLAIN)
    uri = one.open("a.py", f"import os  # 𐐀\n{branches()}")
    (hint,) = await one.hints(uri)
    assert hint.code == "low-maintainability"
    assert (hint.range.start, hint.range.end) == (types.Position(0, 0), types.Position(0, 15))


async def test_figures_are_told_beside_findings_and_without_them(editor: Start) -> None:
    one = await editor({"perf": {"enabled": False}}, pyproject=PLAIN)
    uri = one.open("a.py", branches())
    assert [hint.code for hint in await one.hints(uri)] == ["complex-function"]


async def test_pushed_to_clients_that_do_not_pull(editor: Start) -> None:
    one = await editor(pull=False, pyproject=PLAIN)
    uri = one.open("a.py", branches())

    def codes() -> list[Any]:
        return [hint.code for hint in one.client.diagnostics.get(uri, ())]

    await until(lambda: codes() == ["complex-function"])
    one.edit(uri, 0, len(one.texts[uri]), "x = 1\n")
    await until(lambda: codes() == [])


async def until(holds: Any, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)


async def test_excluded_files_are_not_measured(editor: Start) -> None:
    settings = {**LENSES, "completion": {"enabled": False, "exclude": ["secret_*.py"]}}
    one = await editor(settings, pyproject='[tool.burnish]\nexclude = ["b.py"]\n')
    assert await lenses(one, one.open("secret_a.py", branches())) == []
    assert await lenses(one, one.open("b.py", branches())) == []
    assert len(await lenses(one, one.open("c.py", branches()))) == 1
