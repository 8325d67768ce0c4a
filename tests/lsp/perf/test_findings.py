"""Performance findings from a real client over stdio: hints, settings, hovers, profiles."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from burnish_server.documents import SourceText
from tests.lsp.perf.editor import PYPROJECT, RULE, Start, exact, possible


async def test_a_hint_says_what_and_where_and_links_to_its_rule(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", "# 𐐀\nx = '𐐀𐐀'\n" + exact())
    report = await one.pull(uri)
    (hint,) = report.items
    start = SourceText(one.texts[uri]).position_at(one.texts[uri].index("word not in"))
    assert (hint.range.start.line, hint.range.start.character) == start
    assert (hint.source, hint.code, hint.severity) == ("burnish", RULE, types.DiagnosticSeverity.Hint)
    assert not hint.tags
    page = Path(types_path(hint.code_description.href))
    assert page.read_text().startswith(f"# {RULE}\n")
    again = await one.pull(uri, report.result_id)
    assert (again.kind, again.result_id) == ("unchanged", report.result_id)


def types_path(href: str) -> str:
    assert href.startswith("file://")
    return href.removeprefix("file://")


async def test_half_written_code_keeps_what_was_found_elsewhere(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", exact("one") + "\n\n" + exact("two"))
    before = await one.hints(uri)
    one.edit(uri, 0, 0, "import (\n")
    shifted = await one.hints(uri)
    assert [hint.range.start.line for hint in shifted] == [hint.range.start.line + 1 for hint in before]
    assert await one.actions(uri) == []
    # On a line that was touched it may not be true any more.
    one.edit(uri, one.texts[uri].index("not in stop"), one.texts[uri].index("not in stop") + 3, "((")
    assert [hint.range.start.line for hint in await one.hints(uri)] == [shifted[1].range.start.line]
    one.edit(uri, 0, len(one.texts[uri]), exact("one"))
    assert len(await one.hints(uri)) == 1


async def test_excluded_files_and_settings(editor: Start) -> None:
    one = await editor({"completion": {"enabled": False, "exclude": ["secret_*.py"]}})
    assert await one.hints(one.open("secret_a.py", exact())) == []
    uri = one.open("a.py", exact())
    assert len(await one.hints(uri)) == 1
    settings = {"completion": {"enabled": False}, "perf": {"severity": "warning"}}
    one.client.set_configuration(settings, section="burnish")
    one.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"burnish": settings}))
    await asyncio.wait_for(one.refreshed.wait(), 5)
    (hint,) = await one.hints(uri)
    assert hint.severity == types.DiagnosticSeverity.Warning
    settings["perf"]["enabled"] = False
    one.refreshed.clear()
    one.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"burnish": settings}))
    await asyncio.wait_for(one.refreshed.wait(), 5)
    assert await one.hints(uri) == []
    assert await one.actions(uri) == []


async def test_the_project_decides(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", exact())
    assert len(await one.hints(uri)) == 1
    for text, expected in (
        (PYPROJECT + f'[tool.burnish.rules]\n{RULE} = "error"\n', [types.DiagnosticSeverity.Error]),
        (PYPROJECT + 'exclude = ["a.py"]\n', []),
        ("[tool.burnish]\nselect = 3\n", None),
    ):
        await one.set_project(text)
        hints = await one.hints(uri)
        if expected is not None:
            assert [hint.severity for hint in hints] == expected
    assert any("tool.burnish.select" in message for message in one.messages)


async def test_pushed_to_clients_that_do_not_pull(editor: Start) -> None:
    one = await editor(pull=False)
    uri = one.open("a.py", exact())
    await one.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert [hint.code for hint in one.client.diagnostics[uri]] == [RULE]
    one.edit(uri, 0, len(one.texts[uri]), "x = 1\n")
    await one.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert not one.client.diagnostics[uri]
    close = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    one.client.text_document_did_close(close)
    await one.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


async def test_hover_says_why_and_what_is_known(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible())
    await one.hints(uri)
    params = types.HoverParams(types.TextDocumentIdentifier(uri), one.at(uri, "word not in").start)
    hover = await one.client.text_document_hover_async(params)
    assert "from its beginning" in hover.contents.value
    assert "Not shown: " in hover.contents.value
    await one.resolve((await one.actions(uri))[0])
    hover = await one.client.text_document_hover_async(params)
    assert "Verified (tested): equivalent on 214 inputs" in hover.contents.value


async def test_a_profile_ranks_and_is_told(editor: Start, tmp_path: Path) -> None:
    one = await editor()
    text = exact("cold") + "\n\n" + exact("hot")
    uri = one.open("a.py", text)
    file = one.folder / "a.py"
    file.write_text(text)
    program = (
        f"import cProfile; names = {{}}; exec(compile(open({str(file)!r}).read(), {str(file)!r}, 'exec'), names)\n"
        "words = [str(i) for i in range(1500)]\n"
        "profile = cProfile.Profile(); profile.enable()\n"
        "names['cold'](words[:20], words); names['hot'](words, words); profile.disable()\n"
        f"profile.dump_stats({str(tmp_path / 'a.prof')!r})\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0
    answer = await one.command("useProfile", {"path": str(tmp_path / "a.prof")})
    assert answer["tool"] == "cProfile"
    await asyncio.wait_for(one.refreshed.wait(), 5)
    first, second = await one.hints(uri)
    assert first.range.start.line > second.range.start.line
    assert int(first.message.split(" %")[0]) > 80
    assert " % of the profile. " in first.message
    (tmp_path / "b.prof").write_text("nothing")
    with pytest.raises(JsonRpcException, match="is no profile"):
        await one.command("useProfile", {"path": str(tmp_path / "b.prof")})
    await one.command("useProfile", {"path": None})
    assert "profile" not in (await one.hints(uri))[0].message
