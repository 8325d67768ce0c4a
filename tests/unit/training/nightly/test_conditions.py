"""When a run may use the machine, and what a run's folder survives."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from burnish_telemetry.erasure import Selection
from burnish_telemetry.store import Store, store_file
from burnish_training.nightly.conditions import ACTIVITY_FILE, Conditions
from burnish_training.nightly.errors import RunFolderError, RunLockedError
from burnish_training.nightly.folder import Runs
from burnish_training.nightly.progress import Progress
from burnish_training.nightly.settings import DataSettings
from burnish_training.nightly.survey import enough
from tests.unit.training.nightly.world import NOW, house_style, record, write_files


def conditions(home: Path, *, now: bool = False, battery: bool = False, load: float = 0.0) -> Conditions:
    return Conditions(home, now=now, on_battery=lambda: battery, load=lambda: load)


def test_typing_battery_and_load_stand_against_it(tmp_path: Path) -> None:
    assert conditions(tmp_path).hindrance() == ""
    assert "battery" in conditions(tmp_path, battery=True).hindrance()
    assert "processor" in conditions(tmp_path, load=0.9).hindrance()
    activity = tmp_path / ACTIVITY_FILE
    activity.touch()
    assert "typing" in conditions(tmp_path).hindrance()
    os.utime(activity, (time.time() - 61, time.time() - 61))
    assert conditions(tmp_path).hindrance() == ""


def test_now_skips_them_all(tmp_path: Path) -> None:
    (tmp_path / ACTIVITY_FILE).touch()
    assert conditions(tmp_path, now=True, battery=True, load=1.0).hindrance() == ""


def test_the_machines_own_figures_can_be_read(tmp_path: Path) -> None:
    assert isinstance(Conditions(tmp_path, now=False).hindrance(), str)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    with runs.locked():
        folder = runs.begin({})
        Progress(folder, "now").phase("training", "Training", 1, 4)
        with pytest.raises(RunLockedError, match=folder.run), Runs(tmp_path).locked():
            pass
        running = Runs(tmp_path).running()
        assert running is not None
        assert running["phase"] == "training"
        assert 0 < running["fraction"] < 1
    assert Runs(tmp_path).running() is None, "its process is gone"
    with Runs(tmp_path).locked():
        pass


def test_a_run_is_unfinished_until_its_report_says_otherwise(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    with runs.locked():
        folder = runs.begin({})
    latest = runs.latest()
    assert latest is not None
    assert latest.unfinished
    folder.write("report", {"decision": "stopped", "resumable": True})
    assert latest.unfinished
    folder.write("report", {"decision": "refused", "resumable": False})
    assert not latest.unfinished
    assert runs.last_report() == {"decision": "refused", "resumable": False}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run": "../../etc"}', '{"run": 3}'])
def test_a_damaged_pointer_is_no_run(content: str, tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    runs.folder.mkdir()
    (runs.folder / "latest.json").write_text(content)
    assert runs.latest() is None


def test_old_runs_keep_their_reports_only(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    old = runs.begin({})
    (old.path / "data").mkdir()
    (old.path / "checkpoint.pt").write_bytes(b"x")
    old.write("report", {"decision": "refused"})
    other = runs.folder / "base-nano"
    other.mkdir()
    runs.begin({})
    runs.tidy()
    assert sorted(path.name for path in old.path.iterdir()) == ["report.json", "run.json"]
    assert other.is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunFolderError, match="Cannot use"), Runs(tmp_path).locked():
        pass


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunFolderError, match="Check the folder"), Runs(tmp_path).locked():
        pass


def test_enough_says_what_is_there(tmp_path: Path) -> None:
    empty = enough(tmp_path, DataSettings())
    assert "Nothing is recorded yet" in empty["sentence"]
    assert not (tmp_path / "telemetry.sqlite3").exists(), "asking makes no file"
    files = house_style(10)
    write_files(tmp_path / "ws", files)
    record(tmp_path, tmp_path / "ws", files, 20)
    few = enough(tmp_path, DataSettings())
    assert f"{few['have']['judged']} of 40" in few["sentence"]
    record(tmp_path, tmp_path / "ws", files, 120, seed=1)
    much = enough(tmp_path, DataSettings())
    assert much["sentence"].startswith("There is enough")
    assert much["have"]["set_aside"] > 0
    json.dumps(much)


def test_erasing_reaches_what_an_interrupted_run_holds(tmp_path: Path) -> None:
    files = house_style(3)
    record(tmp_path, tmp_path / "ws", files, 4)
    folder = Runs(tmp_path).begin({})
    (folder.data).mkdir()
    (folder.data / "examples.jsonl").write_text("[]")
    for name in ("checkpoint.pt", "trained.gguf", "adapter.gguf", "answers.jsonl"):
        (folder.path / name).write_bytes(b"x")
    other = tmp_path / "runs" / "base-nano"
    other.mkdir()
    (other / "checkpoint.pt").write_bytes(b"x")
    with Store(store_file(tmp_path)) as store:
        assert store.erase(Selection(until=NOW - timedelta(days=300))).events == ()
        assert folder.data.exists(), "nothing was erased"
        store.erase(Selection())
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]
    assert (other / "checkpoint.pt").exists()


def test_an_error_inside_a_run_is_not_taken_for_one_of_the_lock(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="a server"), Runs(tmp_path).locked():
        raise TimeoutError("a server did not answer")
    with Runs(tmp_path).locked():
        pass


def test_what_cannot_be_removed_is_said(tmp_path: Path) -> None:
    folder = Runs(tmp_path).begin({})
    (folder.path / "checkpoint.pt").mkdir()
    with pytest.raises(RunFolderError, match="Cannot remove"):
        folder.clear()
