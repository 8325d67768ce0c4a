"""How a night ends: whatever goes wrong is said, counted, and stops no later night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from burnish_models.adapters.records import State
from burnish_models.adapters.registry import Registry
from burnish_telemetry.consent import ConsentFile
from burnish_training.nightly import judging
from burnish_training.nightly.errors import StoppedError
from burnish_training.nightly.folder import Runs
from burnish_training.nightly.report import empty_report, nothing_new, print_report
from burnish_training.nightly.run import run_nightly
from burnish_training.nightly.settings import NightlySettings, RunOptions
from burnish_training.nightly.steps import Night
from burnish_training.nightly.verdict import Verdict
from tests.unit.training.nightly.world import agree


@pytest.fixture
def options(qwen2: Path) -> RunOptions:
    return RunOptions(now=True, model=str(qwen2))


def begin(home: Path, options: RunOptions, monkeypatch: pytest.MonkeyPatch, go: Any) -> dict[str, Any]:
    """A night whose steps are ``go``; it is told the night."""
    monkeypatch.setattr(Night, "go", go)
    return run_nightly(home, NightlySettings(), options)


def stop(night: Night) -> Verdict:
    night.folder.data.mkdir(exist_ok=True)
    raise StoppedError("asked to stop")


def candidate(home: Path, run: str) -> str:
    """The id of an adapter that a run has handed to the registry; its file is of no matter here."""
    identity = "a" * 64
    with Registry(home)._storage.transaction() as connection:
        connection.execute(
            "INSERT INTO adapters (id, name, state, created, size_bytes, base_sha256, base_name, events_sha256, labeller, run, "
            "rank, alpha) VALUES (?, 'night', 'candidate', '', 1, 'b', 'b', 'e', '1', ?, 4, 4.0)",
            (identity, run),
        )
    return identity


def test_a_fault_is_shown_and_counted_until_the_run_is_given_up(
    tmp_path: Path, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(tmp_path)

    def broken(_night: Night) -> Verdict:
        raise KeyError("a bug")

    runs: list[str] = []
    for _ in range(4):
        with pytest.raises(KeyError, match="a bug"):
            begin(tmp_path, options, monkeypatch, broken)
        folder = Runs(tmp_path).latest()
        report = folder.read("report") if folder else None
        assert report is not None
        assert report["decision"] == "failed"
        assert "a bug" in report["reason"]
        runs.append(report["run"])
    assert runs[0] == runs[1] == runs[2] != runs[3]


def test_a_night_stops_when_learning_is_switched_off_and_keeps_nothing(
    tmp_path: Path, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(tmp_path)

    def withdrawn(night: Night) -> Verdict:
        night.folder.data.mkdir()
        candidate(tmp_path, night.folder.run)
        night.stopped()
        ConsentFile(tmp_path).withdraw("train", through="a test")
        night.stopped()
        raise AssertionError("it goes on")

    report = begin(tmp_path, options, monkeypatch, withdrawn)
    assert report["decision"] == "no-consent"
    assert not report["resumable"]
    assert not (Runs(tmp_path).folder / report["run"] / "data").exists()
    assert Registry(tmp_path).find("a" * 64).state is State.RETIRED


def test_what_is_excluded_meanwhile_is_not_learned_from(
    tmp_path: Path, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(tmp_path)
    first = begin(tmp_path, options, monkeypatch, stop)
    assert first["resumable"]
    identity = candidate(tmp_path, first["run"])
    assert begin(tmp_path, options, monkeypatch, stop)["run"] == first["run"]
    assert Registry(tmp_path).find(identity).state is State.CANDIDATE
    ConsentFile(tmp_path).configure(excluded_folders=(str(tmp_path / "private"),))
    second = begin(tmp_path, options, monkeypatch, stop)
    assert second["run"] != first["run"]
    assert not (Runs(tmp_path).folder / first["run"] / "data").exists()
    assert Registry(tmp_path).find(identity).state is State.RETIRED
    assert "Given up" in Registry(tmp_path).history(identity)[-1].reason


def test_an_adapter_that_was_erased_while_it_was_judged_is_not_called_promoted(
    tmp_path: Path, options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate takes an hour; what it judged may be gone when it is done."""
    agree(tmp_path)
    identity = candidate(tmp_path, "r")
    Registry(tmp_path).erase(identity, "what it learned from was erased")
    gate = {"decision": "promoted", "reason": "Promoted: it is better."}

    def decided(night: Night) -> Verdict:
        return judging.apply_decision(
            night, {"adapter": identity, "incumbent": None, "gate": gate, "report": {}}
        )

    report = begin(tmp_path, options, monkeypatch, decided)
    assert report["decision"] == "refused"
    assert "what it learned from was erased" in report["reason"]
    assert Registry(tmp_path).find(identity).state is State.RETIRED


def test_a_report_is_printed_as_it_is() -> None:
    """Brackets are text, and what was not learned is not claimed to be."""
    console = Console(record=True, width=200)
    data = dict.fromkeys(("desirable", "undesirable", "supervised", "replay", "held_out"), 3)
    report = empty_report("r", "now") | {"reason": 'pip install "burnish[cuda]" in [/opt]', "data": data}
    print_report(report, console)
    said = console.export_text()
    assert 'pip install "burnish[cuda]" in [/opt]' in said
    assert "Learned from" not in said


def test_a_night_knows_what_was_judged_before(tmp_path: Path) -> None:
    """The same examples, model and settings lead to the same adapter: no reason to ask the gate until it says yes."""
    runs = Runs(tmp_path)
    judged = {
        "run": "r",
        "started": "2026-11-20T03:30:00+00:00",
        "decision": "refused",
        "data": {"examples_sha256": "e"},
        "training": {"reason": "done"},
        "gate": {"decision": "refused"},
    }
    folder = runs.begin({"identity": "i"})
    assert runs.judged("i", "e") is None
    for change in ({"gate": None}, {"training": None}, {"training": {"reason": "seconds"}}, {"data": None}):
        folder.write("report", {**judged, **change})
        assert runs.judged("i", "e") is None
    folder.write("report", judged)
    assert runs.judged("other model", "e") is None
    assert runs.judged("i", "other examples") is None
    assert runs.judged("i", "e") == judged
    assert "2026-11-20" in nothing_new(judged)
    assert "refused" in nothing_new(judged)
