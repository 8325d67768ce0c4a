from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burnish_models.adapters.registry import registry_file
from burnish_models.errors import ModelMissingError
from burnish_server import doctor as doctor_package
from burnish_server.commands.doctor import doctor
from burnish_server.doctor import engine, learning, machine
from burnish_server.doctor.check import Check
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import suggested


def test_what_this_machine_has() -> None:
    assert machine.check_python().ok
    assert machine.check_packages().ok
    assert "this process holds" in machine.check_memory().detail
    assert not machine.check_gpu().essential
    assert not machine.check_compiler().essential


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_home(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not machine.check_home(tmp_path / "home").ok


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    check = machine.check_home(tmp_path / "home")
    assert not check.ok
    assert "--home" in check.mend


def test_the_disk_of_a_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    assert str(tmp_path) in machine.check_disk(tmp_path / "a" / "b").detail


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    required = ["burnish-no-such-package>=1", 'torch; extra == "train"']
    monkeypatch.setattr(machine.importlib.metadata, "requires", lambda name: required)
    check = machine.check_packages()
    assert not check.ok
    assert check.detail == "Missing: burnish-no-such-package"
    assert "pip install burnish-no-such-package" in check.mend


def test_a_broken_llama(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PROBE", "raise ImportError('libllama.so: wrong ELF class')")
    check = engine.check_llama()
    assert not check.ok
    assert "wrong ELF class" in check.detail
    assert "llama-cpp-python" in check.mend


def test_a_llama_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: Any, **kwargs: Any) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(engine.subprocess, "run", hang)
    assert not engine.check_llama().ok


def test_a_missing_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def gone(home: Path, choice: str | None) -> None:
        raise ModelMissingError("It is gone. Fetch it.")

    monkeypatch.setattr(engine, "default_resolve", gone)
    assert engine.check_model(tmp_path).detail == "It is gone. Fetch it."
    assert not engine.check_smoke_load(tmp_path).ok


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        ([Check("a", True, "fine")], 0),
        ([Check("a", True, "fine"), Check("b", False, "off", "mend it", essential=False)], 0),
        ([Check("a", False, "off", "mend it")], 1),
    ],
)
def test_the_command(
    checks: list[Check], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine(home: Path, on_check: Any = None) -> list[Check]:
        for check in checks:
            if on_check is not None:
                on_check(check)
        return checks

    monkeypatch.setattr(doctor_package, "examine", examine)
    shown = CliRunner().invoke(doctor, [], obj={"home": tmp_path})
    assert shown.exit_code == status
    assert ("mend it" in shown.output) == any(not check.ok for check in checks)
    as_json = CliRunner().invoke(doctor, ["--json"], obj={"home": tmp_path})
    assert json.loads(as_json.output)["ok"] is (status == 0)


def test_learning_in_an_empty_home(tmp_path: Path) -> None:
    for check in (
        learning.check_consent(tmp_path),
        learning.check_record(tmp_path),
        learning.check_adapter(tmp_path),
        learning.check_last_run(tmp_path),
    ):
        assert check.ok
        assert not check.essential
    assert learning.check_consent(tmp_path).detail == "recording is off, learning is off"
    assert list(tmp_path.iterdir()) == []


def test_learning_that_is_on_and_has_run(tmp_path: Path) -> None:
    ConsentFile(tmp_path).agree("record", through="a test")
    with Store(store_file(tmp_path)) as store:
        store.append([suggested()])
    run = tmp_path / "runs" / "20261121T090000-abcd"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    report = {"ended": "2026-11-21T10:00:00+00:00", "decision": "failed", "reason": "The disk is full."}
    (run / "report.json").write_text(json.dumps(report))
    assert learning.check_consent(tmp_path).detail == "recording is on, learning is off"
    assert learning.check_record(tmp_path).detail.startswith("1 events, ")
    last = learning.check_last_run(tmp_path)
    assert not last.ok
    assert last.detail == "2026-11-21T10:00:00+00:00, failed: The disk is full."


def test_learning_that_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "consent.json").write_text("{")
    assert "damaged" in learning.check_consent(tmp_path).detail
    registry = registry_file(tmp_path)
    registry.parent.mkdir()
    registry.write_bytes(b"no database" * 500)
    assert "cannot be used" in learning.check_adapter(tmp_path).detail
    monkeypatch.setattr("burnish_server.serving.training.EXTRA", ("torch", "no_such_package"))
    extra = learning.check_train_extra()
    assert (extra.ok, extra.detail) == (False, "not installed: no_such_package; needed for learning only")
    assert extra.mend.endswith('-m pip install "burnish[train]"')
