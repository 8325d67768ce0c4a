from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from burnish_cli.main import root
from burnish_telemetry.consent import CONSENT_FILE, ConsentFile
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import accepted, agree, kept, suggested


def run(home: Path, *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(root, ["--home", str(home), "telemetry", *arguments], input=answer)


def document(result: Result, status: int = 0) -> dict[str, Any]:
    assert result.exit_code == status, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def fill(home: Path) -> None:
    offer = suggested()
    with Store(store_file(home)) as store:
        store.append([*kept(offer), suggested("second()", seconds=100_000)])
        store.learned("night-1", "tiny", [offer.id])


def test_status_of_nothing(tmp_path: Path) -> None:
    found = document(run(tmp_path, "status", "--json"))
    assert found["record"]["on"] is False
    assert found["train"]["on"] is False
    assert found["exists"] is False
    assert "nothing was recorded" in run(tmp_path, "status").output
    assert not store_file(tmp_path).exists()


def test_on_shows_the_text_and_asks(tmp_path: Path) -> None:
    declined = run(tmp_path, "on", "record", answer="n\n")
    assert declined.exit_code == 1
    assert "Way out" in declined.output
    assert not ConsentFile(tmp_path).read().record.holds
    nobody = run(tmp_path, "on", "record", answer="")
    assert nobody.exit_code == 1
    agreed = run(tmp_path, "on", "record", answer="y\n")
    assert agreed.exit_code == 0
    consent = ConsentFile(tmp_path).read()
    assert (consent.record.holds, consent.train.holds) == (True, False)
    assert consent.record.through == "burnish telemetry on"


def test_each_switch_is_asked_for(tmp_path: Path) -> None:
    found = run(tmp_path, "on", "--json", answer="y\nn\n")
    assert found.exit_code == 1
    answer = json.loads(found.stdout)
    assert (answer["record"]["on"], answer["train"]["on"], answer["declined"]) == (True, False, ["train"])
    assert "Let the model learn" in found.stderr


def test_on_and_off_without_questions(tmp_path: Path) -> None:
    found = document(
        run(tmp_path, "on", "--yes", "--json", "--exclude-glob", "gen/**", "--retention-days", "30")
    )
    assert (found["record"]["on"], found["train"]["on"]) == (True, True)
    assert (found["excluded_globs"], found["retention_days"]) == (["gen/**"], 30)
    found = document(run(tmp_path, "off", "train", "--json"))
    assert (found["record"]["on"], found["train"]["on"]) == (True, False)
    found = document(run(tmp_path, "off", "--json"))
    assert (found["record"]["on"], found["excluded_globs"]) == (False, ["gen/**"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["on", "everything"],
        ["on", "--retention-days", "0"],
        ["export", "--json"],
        ["export", "--format", "csv"],
        ["purge", "--older-than", "3", "--until", "2026-01-01"],
        ["purge", "--since", "yesterday"],
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    assert run(tmp_path, *arguments).exit_code == 2


def test_a_damaged_consent_is_shown_and_mended(tmp_path: Path) -> None:
    (tmp_path / CONSENT_FILE).write_text("{")
    assert "damaged" in document(run(tmp_path, "status", "--json"))["problem"]
    assert document(run(tmp_path, "off", "--json"))["problem"] is None


def test_export(tmp_path: Path) -> None:
    assert run(tmp_path, "export").stdout == ""
    fill(tmp_path)
    lines = run(tmp_path, "export").stdout.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [
        "suggested",
        "accepted",
        "survived",
        "survived",
        "suggested",
    ]
    target = tmp_path / "out.jsonl"
    found = document(run(tmp_path, "export", "--format", "kto", "--output", str(target), "--json"))
    assert found == {"path": str(target), "format": "kto", "rows": 1}
    assert json.loads(target.read_text())["label"] is True


def test_stats(tmp_path: Path) -> None:
    empty = {"days": [], "labels": {}, "daily": [], "by_adapter": [], "adapters": []}
    assert document(run(tmp_path, "stats", "--json")) == empty
    fill(tmp_path)
    found = document(run(tmp_path, "stats", "--json"))
    assert [(day["shown"], day["kept"]) for day in found["days"]] == [(1, 1), (1, 0)]
    assert found["adapters"][0]["adapter"] == "night-1"
    assert "night-1 learned from 1 events" in run(tmp_path, "stats").output


def test_purge_asks_and_names_adapters(tmp_path: Path) -> None:
    fill(tmp_path)
    declined = run(tmp_path, "purge", answer="n\n")
    assert declined.exit_code == 1
    assert "5 events" in declined.output
    assert "night-1" in declined.output
    found = document(run(tmp_path, "purge", "--until", "2026-03-03", "--yes", "--json"))
    assert (found["erased"], found["adapters"], found["log_emptied"]) == (4, ["night-1"], True)
    found = document(run(tmp_path, "purge", "--folder", "/home/ada/elsewhere", "--yes", "--json"))
    assert found["erased"] == 0
    done = run(tmp_path, "purge", answer="y\n")
    assert done.exit_code == 0
    assert "1 events erased" in done.output
    assert document(run(tmp_path, "status", "--json"))["events"] == 0


def test_purge_of_nothing(tmp_path: Path) -> None:
    assert document(run(tmp_path, "purge", "--yes", "--json"))["erased"] == 0
    assert not store_file(tmp_path).exists()


def test_status_counts(tmp_path: Path) -> None:
    agree(tmp_path)
    fill(tmp_path)
    found = document(run(tmp_path, "status", "--json"))
    assert found["events"] == 5
    assert found["bytes"] > 0
    with Store(store_file(tmp_path)) as store:
        store.append([accepted(suggested())])
    assert "5 events" in run(tmp_path, "status").output
