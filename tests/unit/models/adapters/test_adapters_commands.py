from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.adapter_maker import MODEL, write_random

from burnish_cli.main import run
from burnish_models.adapters.records import Lineage, State
from burnish_models.adapters.registry import Registry


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    registry = Registry(folder)
    for i in range(2):
        registry.add(write_random(folder / "new.gguf", i), MODEL, Lineage("labels-1", f"run-{i}", ("e1",)))
    registry.move(registry.find("night 0").id, State.GATED, "better", report={"decision": "promoted"})
    return folder


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
