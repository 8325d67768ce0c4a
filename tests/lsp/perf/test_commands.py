"""Commands for performance findings, from a real client over stdio: previews, and all of a file's fixes."""

from __future__ import annotations

import asyncio

import pytest
from pygls.exceptions import JsonRpcException

from tests.lsp.perf.editor import RULE, Start, exact, possible


async def test_a_preview_verifies_and_applies_when_asked(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", "import sys\n" + possible())
    (hint,) = await one.hints(uri)
    where = {"line": hint.range.start.line, "character": hint.range.start.character}
    shown = await one.command("perfPreview", {"uri": uri, "position": where})
    assert (shown["badge"], shown["applicable"], shown["verifiable"]) == ("possible", False, True)
    assert shown["after"].split("\n")[shown["lineAfter"]] == "    stop_set = set(stop)"
    named = {"uri": uri, "key": shown["key"]}
    shown = await one.command("perfPreview", {**named, "verify": True})
    assert (shown["badge"], shown["applicable"], shown["verifiable"]) == ("tested", True, False)
    assert shown["summary"].startswith("Equivalent on 214 inputs")
    assert await one.command("perfApply", named) == {"applied": True, "reason": ""}
    assert one.texts[uri] == shown["after"]
    assert one.asked() == ["maybe"]


async def test_verify_all_and_apply_what_was_verified(editor: Start) -> None:
    one = await editor()
    names = ["tested", "weak", "different", "unverifiable"]
    text = "\n\n".join([*map(possible, names), exact("shown")])
    uri = one.open("a.py", text)
    answer = await one.command("verifyAll", uri)
    assert not answer["cancelled"]
    badges = {result["line"]: result["badge"] for result in answer["results"]}
    assert [badges[line] for line in sorted(badges)] == [*names, "tested"]
    assert any(value["kind"] == "report" and "2 of 5" in value["message"] for value in one.progress)
    answer = await one.command("applyVerified", uri)
    assert answer == {"applied": [RULE, RULE], "left": 2}
    expected = text
    for part in (possible("tested"), exact("shown")):
        fixed = part.replace("    for word", "    stop_set = set(stop)\n    for word").replace(
            "not in stop:", "not in stop_set:"
        )
        expected = expected.replace(part, fixed)
    assert one.texts[uri] == expected
    assert (await one.command("applyVerified", uri))["applied"] == []
    assert one.asked() == ["tested", "weak", "different", "unverifiable", "shown"]


async def test_verify_all_can_be_cancelled(editor: Start) -> None:
    one = await editor()
    one.cancel_progress = True
    uri = one.open("a.py", possible("slow") + "\n\n" + possible("slow_too"))
    answer = await asyncio.wait_for(one.command("verifyAll", uri), 10)
    assert answer["cancelled"]
    assert answer["results"] == []


async def test_preview_has_both_texts_and_the_evidence(editor: Start) -> None:
    one = await editor()
    uri = one.open("a.py", possible())
    fix, preview, _ = await one.actions(uri)
    await one.resolve(fix)
    answer = await one.command("perfPreview", *preview.command.arguments)
    assert answer["before"] == one.texts[uri]
    assert "stop_set = set(stop)" in answer["after"]
    assert "equivalent on 214 inputs" in answer["evidence"]
    assert (answer["badge"], answer["verdict"]["inputs"]) == ("tested", 214)
    one.edit(uri, 0, len(one.texts[uri]), "x = 1\n")
    with pytest.raises(JsonRpcException, match="has changed"):
        await one.command("perfPreview", *preview.command.arguments)
