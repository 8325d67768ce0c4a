"""Code actions for refactorings, from a real client over stdio."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types

from burnish_server.documents import SourceText
from burnish_telemetry.events import ActionOffered
from burnish_telemetry.store import Store, store_file
from tests.lsp.perf.editor import Editor, Start
from tests.lsp.refactor.made import EXACT, EXACT_AFTER, EXACT_TITLE, POSSIBLE_TITLE, nested, possible

REFACTOR = ["refactor"]


def where(one: Editor, uri: str, first: str, last: str = "") -> types.Range:
    """From the beginning of one text to the end of another."""
    text = one.texts[uri]
    start = text.index(first)
    end = text.index(last, start) + len(last) if last else start
    source = SourceText(text)
    return types.Range(types.Position(*source.position_at(start)), types.Position(*source.position_at(end)))


async def actions(
    one: Editor, uri: str, place: types.Range, only: list[str] | None = None, quiet: bool = False
) -> dict[str, Any]:
    kinds = types.CodeActionTriggerKind
    context = types.CodeActionContext(
        [],
        only=only,
        trigger_kind=kinds.Automatic if quiet else kinds.Invoked,  # type: ignore[arg-type]
    )
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), place, context)
    found = list(await one.client.text_document_code_action_async(params) or [])
    return {action.title: action for action in found}


async def test_an_exact_one_has_its_edit_at_once(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", "s = '𐐀'\r\n" + EXACT.replace("\n", "\r\n"))
    found = await actions(one, uri, where(one, uri, "if first"), REFACTOR)
    action = found[EXACT_TITLE]
    assert action.kind.startswith("refactor.rewrite")
    assert one.applied(uri, action.edit) == "s = '𐐀'\r\n" + EXACT_AFTER.replace("\n", "\r\n")
    # What nobody asked for and nothing was selected for lights no lamp.
    assert EXACT_TITLE not in await actions(one, uri, where(one, uri, "if first"), quiet=True)
    assert await actions(one, uri, where(one, uri, "if first"), ["quickfix"]) == {}


async def test_a_possible_one_is_verified_when_it_is_chosen(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible("maybe") + "\n\n" + possible("different"))
    found = await actions(one, uri, where(one, uri, "if key in"), REFACTOR)
    action = found[f"{POSSIBLE_TITLE} (verify)"]
    assert (action.edit, action.disabled) == (None, None)
    resolved = await one.resolve(action)
    assert resolved.title == f"{POSSIBLE_TITLE} (tested)"
    assert ".get(key" in one.applied(uri, resolved.edit)
    assert any("Equivalent on 214 inputs" in said for said in one.messages)
    second = one.texts[uri].rindex("if key in")
    place = types.Range(*[types.Position(*SourceText(one.texts[uri]).position_at(second))] * 2)
    refused = await one.resolve((await actions(one, uri, place, REFACTOR))[f"{POSSIBLE_TITLE} (verify)"])
    assert refused.edit is None
    assert refused.disabled.reason.startswith("It would change what the code does: different([1])")
    assert one.asked() == ["maybe", "different"]


async def test_what_cannot_be_run_says_so_and_asks_for_a_look(editor: Start) -> None:
    one = await editor(trusted=False)
    uri = one.open("a.py", possible("maybe"))
    action = (await actions(one, uri, where(one, uri, "if key in"), REFACTOR))[f"{POSSIBLE_TITLE} (verify)"]
    resolved = await one.resolve(action)
    assert one.asked() == []
    if resolved.edit is None:
        assert resolved.disabled.reason.startswith("Not run: This workspace is not trusted")
    else:
        assert resolved.title.endswith("(not run, same structure)")
        (note,) = resolved.edit.change_annotations.values()
        assert note.needs_confirmation
        assert note.description.startswith("Not run: This workspace is not trusted")


async def test_a_suggestion_says_by_how_much_and_has_a_quick_fix(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", nested())
    await asyncio.wait_for(one.refreshed.wait(), 60)
    hints = [hint for hint in await one.hints(uri) if "→" in hint.message]
    assert hints, [hint.message for hint in await one.hints(uri)]
    (hint, *_) = hints
    assert (hint.source, hint.severity) == ("burnish", types.DiagnosticSeverity.Hint)
    assert ": complexity " in hint.message
    assert "maintainability" in hint.message
    place = types.Range(hint.range.start, hint.range.start)
    fix = (await actions(one, uri, place, ["quickfix"]))[hint.message]
    assert fix.kind == types.CodeActionKind.QuickFix
    after = one.applied(uri, fix.edit)
    assert after != one.texts[uri]
    # Edits elsewhere move it, edits of its line end it.
    one.edit(uri, 0, 0, "# above\n")
    shifted = [one_hint for one_hint in await one.hints(uri) if one_hint.message == hint.message]
    assert [each.range.start.line for each in shifted] == [hint.range.start.line + 1]
    hover = await one.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), shifted[0].range.start)
    )
    assert "Complexity" in hover.contents.value


async def test_suggestions_can_be_turned_off(editor: Start) -> None:
    one = await editor({"refactor": {"suggest": False}})
    uri = one.open("a.py", nested())
    await asyncio.sleep(3)
    assert not [hint for hint in await one.hints(uri) if "→" in hint.message]


async def test_extracting_is_offered_for_a_selection_and_asked_about(editor: Start) -> None:
    one = await editor(more={"asksRefactorings": True})
    uri = one.open("a.py", nested())
    place = where(one, uri, "    total = 0", "total += price\n")
    found = await actions(one, uri, place, ["refactor.extract"])
    action = found["Extract function…"]
    assert action.kind == "refactor.extract.function"
    (asked,) = action.command.arguments
    assert action.command.command == "burnish.refactor"
    asked = dict(asked) if isinstance(asked, dict) else asked._asdict()
    assert asked["id"] == "extract-function"


async def test_what_is_taken_is_recorded(editor: Start) -> None:
    one = await editor()
    await one.command("setConsent", {"switch": "record", "on": True, "through": "a test"})
    uri = one.open("a.py", EXACT)
    async with asyncio.timeout(60):
        while True:
            action = (await actions(one, uri, where(one, uri, "if first"), REFACTOR))[EXACT_TITLE]
            if action.command is not None:
                break
            await asyncio.sleep(0.05)
    one.edit(uri, 0, len(one.texts[uri]), one.applied(uri, action.edit))
    params = types.ExecuteCommandParams(action.command.command, action.command.arguments)
    await one.client.workspace_execute_command_async(params)
    await asyncio.wait_for(one.client.shutdown_session(), 60)
    with Store(store_file(one.home)) as store:
        told = list(store.suggestions())
    (events,) = [events for events in told if any(event.kind == "accepted" for event in events)]
    offer = events[0]
    assert isinstance(offer, ActionOffered)
    assert (offer.rule, offer.title, offer.verdict) == ("merge-nested-ifs", EXACT_TITLE, "exact")


async def test_imports_are_put_in_order_by_name(editor: Start) -> None:
    one = await editor()
    kind = ["source.organizeImports"]
    uri = one.open("a.py", "import re\nimport json\n\nprint(json, re)\n")
    whole = where(one, uri, "import re")
    for asked in (kind, ["source.organizeImports.burnish"]):
        action = (await actions(one, uri, whole, asked))["Organize imports (Burnish)"]
        assert action.kind == "source.organizeImports.burnish"
        assert one.applied(uri, action.edit) == "import json\nimport re\n\nprint(json, re)\n"
    # On saving, only what is shown to change nothing else; a module may need to be imported before another.
    unsure = one.open("b.py", "import zebra\nimport apple\n\nprint(apple, zebra)\n")
    whole = where(one, unsure, "import zebra")
    assert await actions(one, unsure, whole, kind, quiet=True) == {}
    (title,) = found = await actions(one, unsure, whole, kind)
    assert "not shown that" in title
    assert one.applied(unsure, found[title].edit).startswith("import apple\nimport zebra\n")
    tidy = one.open("c.py", "import json\n\nprint(json)\n")
    assert await actions(one, tidy, where(one, tidy, "import json"), kind) == {}
