from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from burnish_models.adapters.check import CheckedAdapter
from burnish_models.adapters.errors import RegistryError
from burnish_models.adapters.records import Lineage
from burnish_models.adapters.registry import Registry
from burnish_telemetry.disclosure import SWITCHES
from burnish_telemetry.store import Store, store_file
from tests.unit.server.learning.conftest import Start
from tests.unit.server.learning.player import Player
from tests.unit.server.learning.test_service import ASK, OPEN, TAKE


async def command(player: Player, name: str, *arguments: Any) -> Any:
    params = {"command": f"burnish.server.{name}", "arguments": list(arguments)}
    return await player.request("workspace/executeCommand", params)


async def refused(player: Player, name: str, *arguments: Any) -> str:
    with pytest.raises(AssertionError) as raised:
        await command(player, name, *arguments)
    return str(raised.value)


async def test_consent_is_off_until_it_is_given(start: Start) -> None:
    player = await start(agreed=False)
    found = await command(player, "consent")
    assert (found["record"]["on"], found["train"]["on"], found["recording"]) == (False, False, False)
    assert (found["editorTelemetry"], found["retentionDays"], found["problem"]) == (True, 90, None)
    assert found["file"] == str(store_file(player.home))
    for switch in SWITCHES:
        told = found["disclosure"][switch]
        assert told["title"].endswith("?")
        assert any(str(player.home) in paragraph for paragraph in told["paragraphs"])
    given = await command(player, "setConsent", {"switch": "record", "on": True, "through": "the dialog"})
    assert (given["record"]["on"], given["record"]["through"], given["recording"]) == (
        True,
        "the dialog",
        True,
    )
    assert given["record"]["at"]
    taken = await command(player, "setConsent", {"switch": "record", "on": False})
    assert (taken["record"]["on"], taken["recording"]) == (False, False)


async def test_recording_can_be_configured(start: Start) -> None:
    player = await start()
    wanted = {"excludedFolders": ["/secret"], "excludedGlobs": ["generated/**"], "retentionDays": 30}
    found = await command(player, "configureRecording", wanted)
    assert {key: found[key] for key in wanted} == wanted
    found = await command(player, "configureRecording", {"retentionDays": 31})
    assert (found["excludedFolders"], found["retentionDays"]) == (["/secret"], 31)
    assert "absolute" in await refused(player, "configureRecording", {"excludedFolders": ["relative"]})
    assert "retention" in await refused(player, "configureRecording", {"retentionDays": 0})


async def test_a_damaged_consent_file_is_no_consent_and_says_so(start: Start) -> None:
    player = await start()
    (player.home / "consent.json").write_text("{", encoding="utf-8")
    found = await command(player, "consent")
    assert not found["record"]["on"]
    assert "damaged" in found["problem"]


async def recorded(start: Start) -> Player:
    player = await start()
    await player.run([OPEN, ASK, TAKE, {"at": 3, "accept": True}, {"at": 700}])
    await player.server.learning.forget()
    return player


async def test_the_record_can_be_exported(start: Start, tmp_path: Path) -> None:
    player = await recorded(start)
    file = tmp_path / "record.jsonl"
    assert await command(player, "exportRecord", {"path": str(file)}) == {"path": str(file), "events": 5}
    assert [json.loads(line)["kind"] for line in file.read_text().splitlines()][:2] == [
        "suggested",
        "accepted",
    ]
    answer = await command(player, "exportRecord", {"path": str(file), "format": "kto"})
    assert answer["events"] == 1
    assert json.loads(file.read_text())["label"] is True
    assert "absolute" in await refused(player, "exportRecord", {"path": "record.jsonl"})
    assert "format" in await refused(player, "exportRecord", {"path": str(file), "format": "xml"})
    gone = str(tmp_path / "no" / "folder.jsonl")
    assert "Cannot write" in await refused(player, "exportRecord", {"path": gone})


@pytest.mark.parametrize(
    ("selection", "erased"),
    [
        ({"all": True}, 5),
        ({"folder": "/project"}, 5),
        ({"folder": "/elsewhere"}, 0),
        ({"since": "2026-03-02T09:00:00"}, 5),
        ({"until": "2026-03-02T09:00:00Z"}, 0),
    ],
)
async def test_the_record_can_be_erased(start: Start, selection: dict[str, Any], erased: int) -> None:
    player = await recorded(start)
    answer = await command(player, "eraseRecord", {**selection, "adapters": False})
    assert answer == {"events": erased, "adapters": [], "logEmptied": True}
    with Store(store_file(player.home)) as store:
        assert sum(store.counts().values()) == 5 - erased


async def test_erasing_nothing_in_particular_is_refused(start: Start) -> None:
    player = await recorded(start)
    assert "say what" in await refused(player, "eraseRecord", {"adapters": True})
    assert "say what" in await refused(player, "eraseRecord", {"all": True, "folder": "/project"})
    assert "ISO" in await refused(player, "eraseRecord", {"since": "yesterday"})
    assert "object" in await refused(player, "eraseRecord")
    assert "absolute" in await refused(player, "eraseRecord", {"folder": "project"})


async def test_erasing_names_the_adapters_that_learned_from_it(start: Start) -> None:
    player = await recorded(start)
    with Store(store_file(player.home)) as store:
        ids = [event.id for events in store.suggestions() for event in events]
        store.learned("a" * 64, "base", ids[:2])
    answer = await command(player, "eraseRecord", {"all": True, "adapters": True})
    assert answer["adapters"] == [{"id": "a" * 64, "name": "a" * 12, "removed": True}]
    with Store(store_file(player.home)) as store:
        assert store.adapters() == []


async def test_adapters_go_first_so_that_an_erasure_that_fails_finds_them_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = await recorded(start)
    with Store(store_file(player.home)) as store:
        ids = [event.id for events in store.suggestions() for event in events]
        store.learned("a" * 64, "base", ids[:2])
    registry = Registry(player.home)
    (player.home / "x.gguf").write_bytes(b"x")
    monkeypatch.setattr(
        "burnish_models.adapters.registry.check_in_process",
        lambda *_: CheckedAdapter("b" * 64, 8.0, 4, "night", (), 1.0),
    )
    known = registry.add(
        player.home / "x.gguf", player.home / "x.gguf", Lineage("1", "run", events=tuple(ids))
    )

    def fail(*_: object) -> None:
        raise RegistryError("The file cannot be removed.")

    with monkeypatch.context() as broken:
        broken.setattr(Registry, "erase", fail)
        assert "cannot be removed" in await refused(player, "eraseRecord", {"all": True, "adapters": True})
    answer = await command(player, "eraseRecord", {"all": True, "adapters": True})
    assert answer["events"] == 5
    assert {found["id"]: found["removed"] for found in answer["adapters"]} == {"a" * 64: True, known.id: True}
    assert registry.find(known.id).path is None


async def test_what_is_on_screen_while_everything_is_erased_is_not_recorded_later(start: Start) -> None:
    player = await start()
    await player.run([OPEN, ASK])
    await command(player, "eraseRecord", {"all": True})
    await player.run([TAKE, {"at": 3, "accept": True}, {"at": 700}])
    await player.end()
    with Store(store_file(player.home)) as store:
        assert store.counts() == {}


@pytest.mark.parametrize(
    ("name", "arguments", "what"),
    [
        ("setConsent", [{"switch": "both", "on": True}], "switch"),
        ("setConsent", [{"switch": "record", "on": "yes"}], "on"),
        ("setConsent", [], "object"),
        ("configureRecording", [{"excludedGlobs": "x"}], "excludedGlobs"),
        ("configureRecording", [{"retentionDays": 1.5}], "retentionDays"),
        ("accepted", ["file:///a.py"], "id"),
    ],
)
async def test_bad_arguments_are_named(start: Start, name: str, arguments: list[Any], what: str) -> None:
    assert what in await refused(await start(), name, *arguments)
