from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish_server.learning.clock import Clock, HourlyBudget
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.events import ActionOffered, Display, Place, Suggested
from burnish_telemetry.store import store_file
from tests.unit.server.learning.conftest import Start
from tests.unit.server.learning.player import Player, agree, stored, told

HEAD = "import os\n\n\ndef total(prices, rate):\n    result = \n    return result\n"
CALL = "compute(prices, rate)"
OPEN = {"open": "a.py", "text": HEAD}
ASK = {"at": 1, "ask": [4, 13], "model": CALL}
TAKE = {"at": 3, "change": [[4, 13, 4, 13, CALL]]}


async def finished(player: Player) -> list[list[Any]]:
    await player.end()
    return told(player.home)


async def test_the_event_says_how_the_text_came_to_be(start: Start) -> None:
    player = await start()
    await player.run([OPEN, ASK, TAKE, {"at": 3, "accept": True}])
    await player.end()
    ((events, _),) = stored(player.home)
    offer = events[0]
    assert isinstance(offer, Suggested)
    assert offer.place == Place("/project", "a.py")
    assert offer.client == "test 1"
    assert offer.prompt.prefix + offer.prompt.typed == HEAD[: HEAD.index("result = ") + 9]
    assert offer.prompt.suffix == "\n    return result\n"
    assert (offer.text, offer.tokens) == (CALL, 7)
    assert offer.mean_logprob == pytest.approx(-0.001)
    assert offer.model == player.server.adapters.base_sha256
    assert (offer.adapter, offer.display.comparison) == (None, False)
    assert offer.sampling.temperature == 0
    assert offer.sampling.max_tokens > 0
    assert offer.display == Display(True, "", offer.display.confidence, 0.5)
    assert offer.latency_ms > 0


async def test_what_an_endpoint_wrote_is_never_the_local_models(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the local model takes over in the middle of an answer, and serves when that is shown."""
    player = await start()
    engine, local = player.engine, player.engine.describe()
    remote = replace(local, model="big", extra={"serving": "remote"})
    monkeypatch.setattr(engine, "describe", lambda: remote if engine.written < 3 else local)
    await player.run([OPEN, ASK])
    assert engine.describe() is local
    await player.run([TAKE, {"at": 3, "accept": True}])
    await player.end()
    ((events, _),) = stored(player.home)
    offer = events[0]
    assert isinstance(offer, Suggested)
    assert (offer.model, offer.adapter, offer.elsewhere) == ("endpoint:big", None, True)
    assert not replace(offer, model=player.server.adapters.base_sha256).elsewhere


async def test_what_was_typed_of_an_answer_belongs_to_the_prompt(start: Start) -> None:
    player = await start()
    # The answer is made ahead, or for another place; it is recorded as it is first served.
    await player.run(
        [OPEN, {"at": 1, "ask": [4, 13], "model": CALL}, {"at": 1.1, "change": [[4, 13, 4, 13, "c"]]}]
    )
    await player.server.learning.forget()
    await player.run(
        [{"at": 2, "ask": [4, 14], "model": "not asked"}, {"at": 4, "change": [[4, 14, 4, 14, CALL[1:]]]}]
    )
    await player.end()
    ((events, _),) = stored(player.home)
    offer = events[0]
    assert isinstance(offer, Suggested)
    assert offer.text == CALL[1:]
    assert offer.prompt.typed.endswith("result = c")
    assert offer.tokens == 6 or offer.tokens == 7


async def test_nothing_happens_while_nothing_is_recorded(start: Start) -> None:
    player = await start(agreed=False)
    await player.run([OPEN, ASK])
    assert player.items[0]["command"]["arguments"] == [f"file:///project/{'a.py'}", "", []]
    assert player.server.learning._trackers == {}
    await player.run([TAKE, {"at": 3, "accept": True}, {"at": 700}])
    assert player.server.learning._timer is None
    await player.end()
    assert not store_file(player.home).exists()


async def test_the_editors_own_switch_stops_it_and_what_was_followed_is_forgotten(start: Start) -> None:
    player = await start(editorTelemetry=False)
    await player.run([OPEN, ASK])
    assert not player.server.learning.recording
    player.notify("burnish/editorTelemetry", {"enabled": True})
    await player.run([{**ASK, "at": 2}])
    assert player.server.learning.recording
    player.notify("burnish/editorTelemetry", {"enabled": False})
    await player.run([TAKE, {"at": 3, "accept": True}, {"at": 700}])
    player.notify("burnish/editorTelemetry", {"enabled": True})
    assert await finished(player) == []


@pytest.mark.parametrize("value", [{}, {"enabled": "yes"}, [], None])
async def test_a_switch_that_makes_no_sense_is_off(start: Start, value: Any) -> None:
    player = await start()
    player.notify("burnish/editorTelemetry", value)
    assert not player.server.learning.recording


async def test_only_files_are_followed(start: Start) -> None:
    player = await start()
    uri = "untitled:Untitled-1"
    item = {"uri": uri, "languageId": "python", "version": 1, "text": HEAD}
    player.notify("textDocument/didOpen", {"textDocument": item})
    player.engine.script = lambda _: CALL
    params = {
        "textDocument": {"uri": uri},
        "position": {"line": 4, "character": 13},
        "context": {"triggerKind": 2},
    }
    answer = await player.request("textDocument/inlineCompletion", params)
    assert answer["items"][0]["insertText"] == CALL
    assert await finished(player) == []


async def test_a_failure_costs_the_record_of_one_document_only(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    player = await start()
    await player.run([OPEN, {"open": "b.py", "text": HEAD}, ASK, {**ASK, "in": "b.py"}])
    tracker = player.server.learning._trackers["file:///project/a.py"]

    def fail(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(tracker, "_judge", fail)
    await player.run([{**TAKE, "in": "a.py"}, {**TAKE, "in": "b.py"}, {"at": 50}])
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()
    assert [row[0] for row in await finished(player)] == [
        ["suggested"],
        ["suggested", "accepted inferred", "survived 30 1.00"],
    ]


async def test_answers_that_come_too_late_are_not_followed(start: Start) -> None:
    player = await start()
    await player.run([OPEN])
    player.engine.delay = 0.01
    asking = asyncio.create_task(player.play(ASK))
    await asyncio.sleep(0.02)
    await player.play({"at": 1.5, "change": [[4, 13, 4, 13, "c"]]})
    await asking
    assert await finished(player) == []


async def test_texts_held_back_are_bounded(start: Start) -> None:
    player = await start()
    lines = [OPEN]
    for number in range(45):
        at = 10 * number
        lines += [
            {"at": at, "ask": [4, 13], "model": f"compute({number})", "logprob": -2.0, "forget": True},
            {"at": at + 1, "change": [[4, 13, 4, 13, f"total{number}"]]},
            {"at": at + 2, "cursor": [0, 0]},
            {"at": at + 3, "change": [[4, 13, 4, 13 + len(f"total{number}"), ""]]},
        ]
    await player.run(lines)
    found = await finished(player)
    assert len(found) == 30
    assert found[0] == [["suggested", "wrote-instead 'total0'"], "dropped", "held-back", ""]


def test_an_hourly_budget() -> None:
    now = [0.0]
    budget = HourlyBudget(2, Clock(lambda: now[0]))
    assert [budget.take() for _ in range(3)] == [True, True, False]
    now[0] = 3_600.0
    assert budget.take()


async def test_unknown_events_and_ids_are_no_harm(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    player = await start()
    await player.run([OPEN, ASK])
    uri = {"textDocument": {"uri": "file:///project/a.py"}}
    for params in (
        {"event": "danced", **uri},
        {"event": "shown"},
        {},
        None,
        [],
        {"event": "shown", **uri, "suggestion": "?"},
    ):
        player.notify("burnish/outcome", params)
    assert "danced" in caplog.text
    command = {"command": "burnish.server.accepted", "arguments": ["file:///project/a.py", "nobody", []]}
    assert await player.request("workspace/executeCommand", command) == {"added": []}


def action(problems: list[int]) -> Any:
    def event(identity: str, place: Place) -> ActionOffered:
        return ActionOffered(
            suggestion=identity,
            place=place,
            rule="list-membership",
            title="Use a set",
            before="x in [1, 2]",
            after="x in {1, 2}",
            latency_ms=1.0,
            display=Display(True),
        )

    return event


@pytest.mark.parametrize(("later", "reason"), [(0, "retained"), (2, "new-diagnostics")])
async def test_code_actions_alike(start: Start, later: int, reason: str) -> None:
    text = "x = 1\nif x in [1, 2]:\n    pass\n"
    player = await start()
    await player.run([{"open": "a.py", "text": text}])
    problems = [1]
    span = (text.index("x in"), text.index(":"))
    offered = player.server.learning.offered_action
    first = offered("file:///project/a.py", text, span, action(problems), lambda: problems[0])
    assert offered("file:///project/a.py", text, span, action(problems), lambda: problems[0]) == first
    problems[0] += later
    await player.run([{"at": 5, "change": [[1, 8, 1, 14, "{1, 2}"]]}, {"at": 700}])
    ((kinds, verdict, why, _),) = await finished(player)
    assert kinds[:3] == ["action-offered", "accepted inferred", "survived 30 1.00"]
    assert (verdict, why) == ("desirable" if not later else "dropped", reason)


async def test_a_code_action_that_is_overtaken_is_ignored(start: Start) -> None:
    text = "x = 1\nif x in [1, 2]:\n    pass\n"
    player = await start()
    await player.run([{"open": "a.py", "text": text}])
    player.server.learning.offered_action(
        "file:///project/a.py", text, (text.index("x in"), text.index(":")), action([0])
    )
    await player.run([{"at": 5, "change": [[1, 8, 1, 14, "(1, 2)"]]}])
    assert await finished(player) == [
        [["action-offered", "ignored changed-elsewhere"], "dropped", "changed-elsewhere", ""]
    ]


async def test_two_windows_record_at_once(start: Start, tmp_path: Path) -> None:
    one, other = await start(tmp_path / "home"), await start(tmp_path / "home")
    for player in (one, other):
        await player.run([OPEN, ASK, TAKE])
    for player in (one, other):
        await player.run([{"at": 3, "accept": True}, {"at": 50}])
    await asyncio.gather(one.end(), other.end())
    found = told(tmp_path / "home")
    assert [row[0] for row in found] == [["suggested", "accepted command", "survived 30 1.00"]] * 2


async def test_recording_that_begins_later_is_told(start: Start) -> None:
    player = await start(agreed=False)
    agree(player.home)
    player.server.learning.recorder._answer = (float("-inf"), False)
    player.server.recording_watch.look()
    statuses = [
        message["params"] for message in player.writer.messages if message.get("method") == "burnish/status"
    ]
    assert [status["recording"] for status in statuses][-1] is True
    assert statuses[0]["recording"] is False
    ConsentFile(player.home).withdraw("record", through="a test")


async def test_shutdown_while_a_request_waits_for_the_client(start: Start) -> None:
    player = await start()
    waiting = player.server.protocol.send_request("workspace/configuration", {"items": []})
    assert await player.request("shutdown", None) is None
    assert waiting.cancelled()
