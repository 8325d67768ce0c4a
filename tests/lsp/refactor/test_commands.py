"""Refactorings that cross functions and files, renaming, plans and explanations, from a real client over stdio."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from burnish_server.documents import SourceText
from tests.lsp.perf.editor import RULE, Editor, Start, exact
from tests.lsp.refactor.made import nested

SHOP = "def price_of(item):\n    return item * 2  # 𐐀\n"
USER = "from shop import price_of\r\n\r\nprint('𐐀', price_of(3))\r\n"


def span(one: Editor, uri: str, first: str, last: str = "") -> dict[str, Any]:
    text = one.texts[uri]
    start = text.index(first)
    end = text.index(last, start) + len(last) if last else start
    places = [SourceText(text).position_at(offset) for offset in (start, end)]
    begin, until = ({"line": line, "character": character} for line, character in places)
    return {"start": begin, "end": until}


def position(one: Editor, uri: str, words: str) -> types.Position:
    place = span(one, uri, words)["start"]
    return types.Position(place["line"], place["character"])


def rename(one: Editor, uri: str, words: str, name: str) -> types.RenameParams:
    return types.RenameParams(types.TextDocumentIdentifier(uri), position(one, uri, words), name)


async def test_extracting_is_one_edit_with_the_name_that_was_asked_for(editor: Start) -> None:
    one = await editor(more={"asksRefactorings": True})
    uri = one.open("a.py", nested().replace("\n", "\r\n"))
    asked = {
        "uri": uri,
        "range": span(one, uri, "    total = 0", "total += price\r\n"),
        "id": "extract-function",
    }
    answer = await one.command("refactor", {**asked, "answers": {"name": "sum_of"}, "title": "Extract"})
    assert answer == {"applied": True, "files": 1, "notes": []}
    (params,) = one.taken
    assert (params.label, params.edit.change_annotations) == ("Extract", None)
    text = one.texts[uri]
    assert "def sum_of(prices):\r\n" in text
    assert "\r\n    total = sum_of(prices)\r\n" in text
    assert "\n" not in text.replace("\r\n", "")
    # Without answers the name is a proposal.
    one.edit(uri, 0, len(text), nested())
    asked["range"] = span(one, uri, "    total = 0", "total += price\n")
    await one.command("refactor", asked)
    assert "def _" in one.texts[uri]


async def test_a_preview_is_asked_for_by_the_annotation_and_may_be_refused(editor: Start) -> None:
    one = await editor(more={"asksRefactorings": True})
    uri = one.open("a.py", nested())
    asked = {
        "uri": uri,
        "range": span(one, uri, "    total = 0", "total += price\n"),
        "id": "extract-function",
    }
    one.refuses = True
    answer = await one.command("refactor", {**asked, "preview": True})
    assert not answer["applied"]
    (params,) = one.taken
    (note,) = params.edit.change_annotations.values()
    assert note.needs_confirmation
    assert all(edit.annotation_id for edit in params.edit.document_changes[0].edits)
    assert one.texts[uri] == nested()


async def test_what_cannot_be_done_is_a_sentence(editor: Start) -> None:
    one = await editor(more={"asksRefactorings": True})
    uri = one.open("a.py", nested())
    asked = {
        "uri": uri,
        "range": span(one, uri, "    total = 0", "total += price\n"),
        "id": "extract-function",
    }
    with pytest.raises(JsonRpcException, match="“1x” cannot be a name"):
        await one.command("refactor", {**asked, "answers": {"name": "1x"}})
    with pytest.raises(JsonRpcException, match="`kind` is used in this file already"):
        await one.command("refactor", {**asked, "answers": {"name": "kind"}})
    with pytest.raises(JsonRpcException, match="no refactoring called"):
        await one.command("refactor", {**asked, "id": "no-such"})
    assert (await one.command("checkAnswer", {"check": "identifier", "answer": "for"}))["problem"]
    assert (await one.command("checkAnswer", {"check": "identifier", "answer": "good"}))["problem"] == ""
    assert one.taken == []
    one.edit(uri, 0, 0, "def (:\n")
    with pytest.raises(JsonRpcException, match="not Python"):
        await one.command("refactor", asked)


async def test_renaming_reaches_files_that_are_open_unsaved_or_closed(editor: Start) -> None:
    one = await editor()
    (one.folder / "shop.py").write_text("# on the disk\n")
    (one.folder / "closed.py").write_bytes(b"\xef\xbb\xbf" + USER.encode())
    uri = one.open("shop.py", SHOP)  # not saved: its text counts, not the file's
    user = one.open("user.py", USER)
    params = types.PrepareRenameParams(types.TextDocumentIdentifier(uri), position(one, uri, "price_of"))
    prepared = await one.client.text_document_prepare_rename_async(params)
    assert prepared.placeholder == "price_of"
    assert (prepared.range.start.character, prepared.range.end.character) == (4, 12)
    edit = await one.client.text_document_rename_async(rename(one, uri, "price_of", "cost_of"))
    versions = {change.text_document.uri: change.text_document.version for change in edit.document_changes}
    assert versions == {uri: 1, user: 1, (one.folder / "closed.py").as_uri(): None}
    first = next(c for c in edit.document_changes if c.text_document.uri.endswith("closed.py"))
    assert [(e.range.start.line, e.range.start.character) for e in first.edits] == [(0, 17), (2, 12)]
    assert one.take(types.ApplyWorkspaceEditParams(types.WorkspaceEdit(document_changes=[
        change for change in edit.document_changes if change is not first
    ])))  # fmt: skip
    assert one.texts[uri] == SHOP.replace("price_of", "cost_of")
    assert one.texts[user] == USER.replace("price_of", "cost_of")
    with pytest.raises(JsonRpcException, match="is a word of the Python language"):
        await one.client.text_document_rename_async(rename(one, uri, "cost_of", "for"))
    nothing = types.PrepareRenameParams(types.TextDocumentIdentifier(uri), position(one, uri, "𐐀"))
    with pytest.raises(JsonRpcException, match="cannot rename"):
        await one.client.text_document_prepare_rename_async(nothing)


async def test_a_plan_is_applied_step_by_step(editor: Start) -> None:
    one = await editor()
    text = '"""Docs."""\n\n\n' + nested().replace(
        '    if kind == "a"', '    # Rate by kind\n    if kind == "a"'
    )
    uri = one.open("a.py", text)
    place = span(one, uri, "total += price")["start"]
    plan = await one.command("plan", {"uri": uri, "position": place})
    assert plan["function"] == "complicated"
    assert plan["complexityAfter"] < plan["complexityBefore"]
    assert plan["steps"]
    named = {"uri": uri, "plan": plan["plan"], "step": 0}
    shown = await one.command("planStep", {**named, "apply": False})
    assert (shown["applied"], shown["applicable"], shown["badge"]) == (False, True, "tested")
    assert shown["before"] == text == one.texts[uri]
    assert shown["words"].startswith("complexity 12 → ")
    assert "equivalent on 214 inputs" in shown["summary"].lower()
    # Code elsewhere may have changed meanwhile: the step is done on what is there.
    one.edit(uri, 0, 0, "# moved\n")
    done = await one.command("planStep", named)
    assert done["applied"]
    assert one.texts[uri] == "# moved\n" + shown["after"]
    # What it would change is not there any more.
    with pytest.raises(JsonRpcException, match="has changed since"):
        await one.command("planStep", named)
    with pytest.raises(JsonRpcException, match="no step 7"):
        await one.command("planStep", {**named, "step": 7})
    with pytest.raises(JsonRpcException, match="inside the function"):
        await one.command("plan", {"uri": uri, "position": {"line": 0, "character": 0}})


async def test_a_step_that_changes_behaviour_is_not_applied(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", nested().replace("complicated", "different"))
    plan = await one.command("plan", {"uri": uri, "position": span(one, uri, "total += price")["start"]})
    named = {"uri": uri, "plan": plan["plan"], "step": 0}
    done = await one.command("planStep", named)
    assert (done["applied"], done["applicable"], done["badge"]) == (False, False, "different")
    assert one.taken == []
    assert await one.command("planSkip", named) == {
        "skipped": False
    }  # nothing is recorded, so nothing is told


async def test_anything_found_is_explained(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", exact() + "\n\n" + nested())
    finding = await one.command(
        "explainFinding", {"uri": uri, "position": span(one, uri, "word not in")["start"]}
    )
    assert "## Evidence" in finding["page"]
    assert "from its beginning" in finding["page"]
    other = await one.command(
        "explainFinding", {"uri": uri, "position": span(one, uri, "if sku in")["start"]}
    )
    assert other["page"].startswith("# ")
    assert "## Evidence" in other["page"]
    assert (await one.command("explainFinding", {"rule": RULE}))["page"].startswith(f"# {RULE}")
    assert "# " in (await one.command("explainFinding", {"rule": "dict-get"}))["page"]
    with pytest.raises(JsonRpcException, match="nothing to explain"):
        await one.command("explainFinding", {"uri": uri, "position": {"line": 6, "character": 0}})
