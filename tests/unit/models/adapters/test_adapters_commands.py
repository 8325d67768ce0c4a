from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.adapter_maker import MODEL, write_random
from tests.unit.telemetry.making import suggested

from burnish_cli.main import run
from burnish_models.adapters.records import Lineage, State
from burnish_models.adapters.registry import Registry
from burnish_telemetry.store import Store, store_file


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a candidate and one that has passed the gate."""
    folder = tmp_path_factory.mktemp("commands")
    registry = Registry(folder)
    for i in range(2):
        registry.add(write_random(folder / "new.gguf", i), MODEL, Lineage("labels-1", f"run-{i}", ("e1",)))
    registry.move(registry.find("night 0").id, State.GATED, "better", report={"decision": "promoted"})
    return folder


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "home"))


def call(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    capsys.readouterr()
    status = run(["--home", str(home), "adapters", *arguments])
    out, err = capsys.readouterr()
    return status, json.loads(out) if "--json" in arguments and out else out, err


def test_the_commands_from_the_first_look_to_the_way_back(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, listed, _ = call(home, capsys, "list", "--json")
    assert status == 0
    assert [a["name"] for a in listed["adapters"]] == ["night 1", "night 0"]
    identity = listed["adapters"][1]["id"]

    status, shown, _ = call(home, capsys, "show", identity[:10], "--json")
    assert status == 0
    assert shown["report"] == {"decision": "promoted"}
    assert [entry["to"] for entry in shown["history"]] == ["candidate", "gated"]

    status, refused, err = call(home, capsys, "promote", "night 1", "--json")
    assert status == 1
    assert "has not passed the gate" in refused["error"]
    assert "has not passed the gate" in err

    status, promoted, _ = call(home, capsys, "promote", identity, "--json", "--reason", "I like it")
    assert (status, promoted["state"]) == (0, "active")
    assert call(home, capsys, "promote", "night 1", "--force", "--json")[0] == 0

    status, back, _ = call(home, capsys, "rollback", "--json")
    assert (status, back["active"]["id"]) == (0, identity)
    assert call(home, capsys, "rollback", "--json")[1]["active"] is None
    status, refused, _ = call(home, capsys, "rollback", "--json")
    assert status == 1
    assert "No adapter is active" in refused["error"]
    reasons = [e["reason"] for e in call(home, capsys, "show", identity, "--json")[1]["history"]]
    assert "I like it" in reasons


def test_people_read_tables(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(home, capsys, "list")
    assert status == 0
    assert "night 0" in out
    status, out, _ = call(home, capsys, "show", "night 0")
    assert status == 0
    assert "gate: decision" in out
    assert call(home, capsys, "promote", "night 0")[1].startswith("night 0 (")
    assert "without an adapter" in call(home, capsys, "rollback")[1]


def test_an_empty_home_and_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, capsys, "list", "--json")[1] == {"adapters": []}
    assert "There is no adapter yet" in call(tmp_path, capsys, "list")[1]
    status, answer, _ = call(tmp_path, capsys, "show", "nothing", "--json")
    assert status == 1
    assert "no adapter" in answer["error"]
    assert call(tmp_path, capsys, "show")[0] == 2


def test_forgetting_removes_the_file_and_serves_what_was_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(tmp_path)
    ids = [
        registry.add(
            write_random(tmp_path / "new.gguf", i), MODEL, Lineage("labels-1", f"run-{i}", (f"e{i}",))
        ).id
        for i in range(3)
    ]
    for identity in ids:
        registry.promote(identity, "better", ungated=True)
    status, refused, _ = call(tmp_path, capsys, "forget", "night 9", "--yes", "--json")
    assert (status, "no adapter 'night 9'" in refused["error"]) == (1, True)
    assert call(tmp_path, capsys, "forget", "night 9", "--missing-ok", "--yes", "--json")[1] == {
        "removed": []
    }
    status, found, _ = call(tmp_path, capsys, "forget", "night 2", ids[0][:10], "--yes", "--json")
    assert status == 0
    assert [record["name"] for record in found["removed"]] == ["night 2", "night 0"]
    assert sorted(path.stem for path in (tmp_path / "adapters").glob("*.gguf")) == [ids[1]]
    active = registry.serving(registry.find(ids[1]).base_sha256).active
    assert active is not None
    assert active.id == ids[1]
    assert registry.history(ids[2])[-1].reason == "removed by hand"
    assert call(tmp_path, capsys, "forget", ids[2], "--yes", "--json")[1] == {"removed": []}


def test_purging_the_record_removes_the_adapters_that_learned_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(tmp_path)
    offers = [suggested(f"x{i} = 1", seconds=i) for i in range(2)]
    records = [
        registry.add(write_random(tmp_path / "new.gguf", i), MODEL, Lineage("1", f"run-{i}", (offer.id,)))
        for i, offer in enumerate(offers)
    ]
    with Store(store_file(tmp_path)) as store:
        store.append(offers)
        for record, offer in zip(records, offers, strict=True):
            store.learned(record.id, record.base_sha256, [offer.id])
    purge = ["--home", str(tmp_path), "telemetry", "purge", "--yes", "--json"]
    before = (offers[0].time + timedelta(milliseconds=500)).replace(tzinfo=None).isoformat()
    capsys.readouterr()
    assert run([*purge, "--until", before[:19], "--adapters"]) == 0
    assert json.loads(capsys.readouterr().out)["removed_adapters"] == []
    assert run([*purge, "--since", before[:19], "--adapters"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sorted(told["removed_adapters"]) == sorted(record.id for record in records)
    assert list((tmp_path / "adapters").glob("*.gguf")) == []
    with Store(store_file(tmp_path)) as store:
        assert store.adapters() == []
