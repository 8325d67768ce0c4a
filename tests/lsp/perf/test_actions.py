"""Code actions for performance findings, from a real client over stdio: fixes and their verification."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from burnish_telemetry.events import ActionOffered
from burnish_telemetry.store import Store, store_file
from tests.lsp.conftest import RECORDER, plain
from tests.lsp.perf.editor import RULE, WITH_VERIFIER, Editor, Start, exact, possible


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_an_exact_fix_is_right_at_once(editor: Start, newline: str) -> None:
    one = await editor()
    text = ("s = '𐐀'; " + "\n" + exact()).replace("word not in stop:", "'𐐀' + word not in stop:")
    uri = one.open("a.py", text.replace("\n", newline))
    fix, preview, ignore = await one.actions(uri, "'𐐀' + word")
    assert fix.kind == types.CodeActionKind.QuickFix
    assert fix.is_preferred
    assert fix.title == "Look values up in a set of `stop`"
    assert (preview.command.command, preview.edit) == ("burnish.previewFix", None)
    assert (ignore.title, ignore.edit) == (f"Ignore `{RULE}` on this line", None)
    expected = text.replace("    for word", "    stop_set = set(stop)\n    for word").replace(
        "not in stop:", "not in stop_set:"
    )
    assert one.applied(uri, fix.edit) == expected.replace("\n", newline)


async def test_a_possible_fix_is_verified_when_it_is_chosen(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible())
    fix = (await one.actions(uri))[0]
    assert fix.title.endswith("(verify)")
    assert (fix.edit, fix.disabled, fix.is_preferred) == (None, None, None)
    resolved = await one.resolve(fix)
    assert resolved.title.endswith("(tested, 12.3× faster)")
    assert "stop_set = set(stop)" in one.applied(uri, resolved.edit)
    # The second time it is known, in this session and in the next one.
    assert (await one.actions(uri))[0].edit is not None
    other = await editor()
    uri = other.open("a.py", "# moved\n" + possible())
    assert (await other.actions(uri))[0].title.endswith("(tested, 12.3× faster)")
    assert one.asked() == ["maybe"]


async def test_a_weak_verdict_asks_for_a_look(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible("weak"))
    resolved = await one.resolve((await one.actions(uri))[0])
    assert "(weak" in resolved.title
    assert resolved.edit.change_annotations["weak"].needs_confirmation
    assert "214 inputs" in resolved.edit.change_annotations["weak"].description
    assert "stop_set" in one.applied(uri, resolved.edit)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("different", "different([1]) returned []; with the change it raised KeyError(1)."),
        ("unverifiable", "it opens a file"),
    ],
)
async def test_no_edit_without_a_good_verdict(editor: Start, name: str, words: str) -> None:
    one = await editor()
    uri = one.open("a.py", possible(name))
    assert len(await one.hints(uri)) == 1
    resolved = await one.resolve((await one.actions(uri))[0])
    assert resolved.edit is None
    assert words in resolved.disabled.reason
    await one.client.workspace_execute_command_async(
        types.ExecuteCommandParams(resolved.command.command, resolved.command.arguments)
    )
    assert words in one.messages[-1]
    # What is refuted is not told any more.
    if name == "different":
        await asyncio.wait_for(one.refreshed.wait(), 5)
        assert await one.hints(uri) == []
        assert words in (await one.actions(uri))[0].disabled.reason
    else:
        assert len(await one.hints(uri)) == 1


async def test_a_verification_can_be_cancelled(editor: Start) -> None:
    one = await editor()
    one.cancel_progress = True
    uri = one.open("a.py", possible("slow"))
    action = (await one.actions(uri))[0]
    with pytest.raises(JsonRpcException, match="cancelled"):
        await asyncio.wait_for(one.resolve(action), 10)
    assert [value["kind"] for value in one.progress if value["kind"] != "report"] == ["begin", "end"]
    # The server is there, and nothing of it was kept.
    assert (await one.actions(uri))[0].title.endswith("(verify)")


async def test_nothing_runs_in_a_workspace_that_is_not_trusted(editor: Start) -> None:
    for trusted in (False, "yes"):
        one = await editor(trusted=trusted)
        uri = one.open("a.py", possible())
        resolved = await one.resolve((await one.actions(uri))[0])
        assert resolved.edit is None
        assert "not trusted" in resolved.disabled.reason
        with pytest.raises(JsonRpcException, match="not trusted"):
            await one.command("verifyAll", uri)
        assert one.asked() == []


async def test_fix_all_is_limited_to_exact_ones_and_is_idempotent(editor: Start) -> None:
    one = await editor()
    text = exact("one") + "\n\n" + possible("two") + "\n\n" + exact("three")
    uri = one.open("a.py", text.replace("\n", "\r\n"))
    (action,) = await one.actions(uri, "", ["source.fixAll"])
    assert action.kind == "source.fixAll.burnish"
    resolved = await one.resolve(action)
    after = one.applied(uri, resolved.edit)
    assert after.count("stop_set = set(stop)\r\n") == 2
    assert possible("two").replace("\n", "\r\n") in after
    one.edit(uri, 0, len(one.texts[uri]), after)
    assert await one.actions(uri, "", ["source.fixAll.burnish"]) == []
    assert await one.actions(uri, "", ["refactor"]) == []


async def test_fix_all_leaves_out_what_was_refuted(editor: Start) -> None:
    one = await editor()
    text = exact("one") + "\n\n" + exact("different")
    uri = one.open("a.py", text)
    await one.command("verifyAll", uri)
    (action,) = await one.actions(uri, "", ["source.fixAll"])
    after = one.applied(uri, (await one.resolve(action)).edit)
    assert after.count("stop_set = set(stop)\n") == 1
    assert exact("different") in after


async def test_what_is_edited_while_it_is_verified_is_left_alone(editor: Start) -> None:
    one = await editor(program=WITH_VERIFIER.replace("range(1000)", "range(50)"))
    uri = one.open("a.py", possible("slow") + "\n\nprint()\n")
    fix = (await one.actions(uri))[0]
    pending = asyncio.ensure_future(one.resolve(fix))
    while not one.asked():
        await asyncio.sleep(0.02)
    one.edit(uri, len("def "), len("def slow"), "fast")
    action = await pending
    assert action.edit is None
    assert "has changed" in action.disabled.reason
    assert any("has changed" in message for message in one.messages)


async def test_a_client_that_resolves_nothing_gets_a_command(editor: Start) -> None:
    one = await editor(resolves=False)
    uri = one.open("a.py", possible())
    action = (await one.actions(uri))[0]
    command = action.command
    answer = await one.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command.command, command.arguments)
    )
    assert plain(answer)["applied"]
    assert "stop_set = set(stop)" in one.texts[uri]


def _ignoring(actions: list[Any]) -> list[Any]:
    return [action for action in actions if action.title == f"Ignore `{RULE}` on this line"]


@pytest.mark.parametrize("resolves", [True, False])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_a_rule_is_ignored_on_its_line(editor: Start, resolves: bool, newline: str) -> None:
    one = await editor(resolves=resolves)
    text = ("# 𐐀\n" + exact("one") + "\n\n" + possible("two")).replace("\n", newline)
    uri = one.open("a.py", text)
    actions = await one.actions(uri)
    (action,) = _ignoring(actions)
    assert action == actions[-1]
    assert action.is_preferred is None
    assert (action.edit is None) == resolves
    if resolves:
        action = await one.resolve(action)
    assert action.disabled is None
    after = one.applied(uri, action.edit)
    assert after == text.replace("# é𐐀", f"# é𐐀  # burnish: ignore[{RULE}]")
    one.edit(uri, 0, len(text), after)
    (hint,) = await one.hints(uri)
    assert hint.range.start.line == after.count("\n", 0, after.rindex("word not in"))
    assert await one.actions(uri) == []
    assert one.messages == []


async def test_a_rule_is_ignored_once_for_two_findings_on_a_line(editor: Start) -> None:
    one = await editor()
    text = (
        "def known(words: list[str], stop: list[str], more: list[str]) -> list[str]:\n"
        "    return [word for word in words if word not in stop and word not in more]\n"
    )
    uri = one.open("a.py", text)
    assert len(await one.hints(uri)) == 2
    (ignore,) = _ignoring(await one.actions(uri))
    after = one.applied(uri, (await one.resolve(ignore)).edit)
    assert after == text.removesuffix("\n") + f"  # burnish: ignore[{RULE}]\n"
    one.edit(uri, 0, len(text), after)
    assert await one.hints(uri) == []


async def test_a_finding_without_a_fix_can_be_ignored(editor: Start) -> None:
    one = await editor(pyproject='[tool.burnish]\nselect = ["dedupe-loop"]\n')
    # A fix would lose the comment.
    text = (
        "def unique(words):\n    out = []\n    for word in words:\n        if word not in out:\n"
        "            out.append(word)  # new\n    return out\n"
    )
    uri = one.open("a.py", text)
    (hint,) = await one.hints(uri)
    (ignore,) = await one.actions(uri, "for word")
    assert ignore.title == "Ignore `dedupe-loop` on this line"
    after = one.applied(uri, (await one.resolve(ignore)).edit)
    assert after.splitlines()[hint.range.start.line].endswith(":  # burnish: ignore[dedupe-loop]")
    one.edit(uri, 0, len(text), after)
    assert await one.hints(uri) == []


@pytest.mark.parametrize("resolves", [True, False])
async def test_a_line_that_cannot_carry_the_comment(editor: Start, resolves: bool) -> None:
    one = await editor(resolves=resolves)
    uri = one.open("a.py", possible().replace("not in stop:", "not in stop \\\n                :"))
    assert len(await one.hints(uri)) == 1
    actions = _ignoring(await one.actions(uri))
    if not resolves:
        assert actions == []
        return
    action = await one.resolve(actions[0])
    assert action.edit is None
    assert "backslash" in action.disabled.reason
    assert action.disabled.reason in one.messages[-1]


@pytest.mark.integration
async def test_the_real_verifier_in_the_sandbox(editor: Start) -> None:
    one = await editor(program=RECORDER)
    typed = possible().replace("(words, stop: list)", "(words: list[str], stop: list)")
    uri = one.open("a.py", typed)
    resolved = await asyncio.wait_for(one.resolve((await one.actions(uri))[0]), 60)
    # Looking a word up in a list of lists is fine; a set of them cannot be made.
    assert resolved.edit is None
    assert "raised TypeError" in resolved.disabled.reason
    same = (
        "def weigh(items):\n    return len(items) + sum(1 for item in items[:2] if item)\n\n\n"
        "def same(words: list[str], stop: list[str]) -> int:\n    found = 0\n    for word in words:\n"
        "        if word not in stop and weigh(stop):\n            found += 1\n    return found\n"
    )
    one.edit(uri, 0, len(typed), same)
    action = (await one.actions(uri))[0]
    assert action.title.endswith("(verify)")
    resolved = await asyncio.wait_for(one.resolve(action), 60)
    assert "(tested" in resolved.title, resolved
    assert "stop_set = set(stop)" in one.applied(uri, resolved.edit)
    began = asyncio.get_running_loop().time()
    assert (await one.actions(uri))[0].edit == resolved.edit
    assert asyncio.get_running_loop().time() - began < 2
    # The process of the analysis ends with the server; the server itself never loads what verifying needs before.
    params = types.HoverParams(types.TextDocumentIdentifier(uri), one.at(uri, "word not in").start)
    hover = await one.client.text_document_hover_async(params)
    assert "Ran isolated: " in hover.contents.value


async def test_what_becomes_of_fixes_is_recorded_where_the_user_agreed(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", exact("one") + "\n\n" + possible("two"))
    # Without consent nothing is followed, and no action has a command that tells.
    assert all(action.command is None for action in await one.actions(uri) if action.edit is not None)
    consent = await one.command("setConsent", {"switch": "record", "on": True, "through": "a test"})
    assert consent["recording"]
    async with asyncio.timeout(20):
        while (first := (await one.actions(uri, "word not in stop:  #"))[0]).command is None:
            await asyncio.sleep(0.05)
    before = one.texts[uri]
    taken = one.applied(uri, first.edit)
    await _take(one, uri, first, taken)
    # Undone at once, as an editor tells it.
    params = {"event": "undo", "textDocument": {"uri": uri}}
    one.client.protocol.notify("burnish/outcome", params)
    one.edit(uri, 0, len(taken), before)
    two = next(
        action
        for action in await one.actions(uri, "if word not in stop:\n")
        if action.title.endswith("(verify)")
    )
    resolved = await one.resolve(two)
    await _take(one, uri, resolved, one.applied(uri, resolved.edit))
    await asyncio.wait_for(one.client.shutdown_session(), 20)
    with Store(store_file(one.home)) as store:
        told = [[(event.kind, event) for event in events] for events in store.suggestions()]
    kinds = {events[0][1].verdict: [kind for kind, _ in events] for events in told}  # type: ignore[attr-defined]
    assert kinds["exact"] == ["action-offered", "accepted", "undone"]
    assert kinds["tested"][:2] == ["action-offered", "accepted"]
    for events in told:
        offer = events[0][1]
        assert isinstance(offer, ActionOffered)
        assert (offer.rule, offer.place.path) == (RULE, "a.py")
        assert "stop_set = set(stop)" in offer.after
        assert offer.speedup == (12.3 if offer.verdict == "tested" else None)


async def _take(one: Editor, uri: str, action: Any, after: str) -> None:
    """Apply an action and run its command, as an editor does."""
    changes = sorted(
        action.edit.document_changes[0].edits,
        key=lambda edit: (edit.range.start.line, edit.range.start.character),
        reverse=True,
    )
    one.texts[uri] = after
    one.versions[uri] += 1
    identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=one.versions[uri])
    made = [types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in changes]
    one.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, made))
    await one.client.workspace_execute_command_async(
        types.ExecuteCommandParams(action.command.command, action.command.arguments)
    )
