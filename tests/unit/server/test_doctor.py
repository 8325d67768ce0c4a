from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from burnish_models.errors import ModelMissingError
from burnish_server import doctor as doctor_package
from burnish_server.commands.doctor import doctor
from burnish_server.doctor import engine, machine
from burnish_server.doctor.check import Check


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
