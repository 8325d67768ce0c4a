from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from burnish_server.errors import TrainingError
from burnish_server.serving import training as training_module
from burnish_server.serving.idle import ACTIVITY_FILE, IDLE_SECONDS, Activity, IdleTraining
from burnish_server.serving.runs import last_report, last_started, running
from burnish_server.serving.training import Ended, Training
from burnish_telemetry.consent import ConsentFile

FAKE = Path(__file__).parents[2] / "lsp" / "fake_nightly.py"


class Watched:
    """A training of the stand-in program, and all that was said of it."""

    def __init__(self, home: Path, **plan: Any) -> None:
        home.mkdir(exist_ok=True)
        (home / "fake.json").write_text(json.dumps(plan))
        self.home = home
        self.training = Training(home, (sys.executable, str(FAKE)))
        self.statuses: list[dict[str, Any]] = []
        self.ends: list[Ended] = []
        self.training.subscribe(self.statuses.append, self.ends.append)

    async def until_end(self) -> Ended:
        async with asyncio.timeout(30):
            while not self.ends:
                await asyncio.sleep(0.02)
        return self.ends[0]


async def test_a_run_is_followed_from_beginning_to_end(tmp_path: Path) -> None:
    watched = Watched(tmp_path, decision="refused", seconds=1.5)
    assert running(tmp_path) is None
    await watched.training.start(model=Path("/models/m.gguf"), now=True)
    run = await watched.training.begun(20)
    assert run is not None
    assert watched.training.going_on
    assert (running(tmp_path) or {})["run"] == run
    assert last_report(tmp_path) is None
    with pytest.raises(TrainingError, match="going on already"):
        await watched.training.start(model=None, now=True)
    with pytest.raises(TrainingError, match="going on already"):
        await Watched(tmp_path, decision="refused", seconds=1).training.start(model=None, now=True)
    ended = await watched.until_end()
    assert (ended.decision, ended.reason) == ("refused", "It was refused.")
    assert ended.report is not None
    assert ended.report["run"] == run
    fractions = [status["fraction"] for status in watched.statuses]
    assert len(fractions) >= 2
    assert fractions == sorted(fractions)
    assert running(tmp_path) is None
    assert last_report(tmp_path) == ended.report
    assert last_started(tmp_path) == ended.report["started"]
    arguments = json.loads((tmp_path / "arguments.json").read_text())
    expected = ["--home", str(tmp_path), "nightly", "run", "--json", "--now", "--model", "/models/m.gguf"]
    assert arguments == expected


async def test_of_two_asked_for_at_once_one_runs(tmp_path: Path) -> None:
    watched = Watched(tmp_path, decision="refused", seconds=0.5)
    both = [watched.training.start(model=None, now=True) for _ in range(2)]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), TrainingError]
    assert (await watched.until_end()).decision == "refused"
    assert not watched.training.going_on


async def test_stopping_lets_it_end_in_order(tmp_path: Path) -> None:
    watched = Watched(tmp_path, decision="promoted", seconds=60)
    await watched.training.start(model=None, now=False)
    await watched.training.begun(20)
    watched.training.stop()
    assert (await watched.until_end()).decision == "stopped"
    assert "--now" not in json.loads((tmp_path / "arguments.json").read_text())


async def test_a_run_that_cannot_begin_says_why(tmp_path: Path) -> None:
    watched = Watched(tmp_path, error="Learning is switched off.")
    await watched.training.start(model=None, now=True)
    with pytest.raises(TrainingError, match="switched off"):
        await watched.training.begun(20)
    assert not watched.training.going_on


async def test_a_run_that_is_killed_says_so(tmp_path: Path) -> None:
    watched = Watched(tmp_path, decision="crash")
    await watched.training.start(model=None, now=True)
    with pytest.raises(TrainingError, match="signal 9"):
        await watched.training.begun(20)


async def test_a_run_outlives_the_server(tmp_path: Path) -> None:
    watched = Watched(tmp_path, decision="refused", seconds=2)
    await watched.training.start(model=None, now=True)
    await watched.training.begun(20)
    pid = watched.statuses[0]["pid"]
    await watched.training.close()
    assert psutil.pid_exists(pid)
    async with asyncio.timeout(20):
        while last_report(tmp_path) is None:
            await asyncio.sleep(0.05)


async def test_without_the_extra_the_command_that_mends_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_module, "EXTRA", ("torch", "no_such_package"))
    with pytest.raises(TrainingError, match=r"no_such_package.*pip install \"burnish\[train\]\""):
        await Watched(tmp_path).training.start(model=None, now=True)


def test_a_status_of_a_dead_process_is_no_run(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "20261121T090000-abcd"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (tmp_path / "runs" / "latest.json").write_text(json.dumps({"run": run.name}))
    for pid in (2**22 + 5, os.getpid(), -1, "x", None):
        (run / "status.json").write_text(json.dumps({"phase": "training", "pid": pid}))
        assert running(tmp_path) is None
    (tmp_path / "runs" / "latest.json").write_text('{"run": "../../etc"}')
    assert running(tmp_path) is None
    (run / "report.json").write_text('{"half')
    assert last_report(tmp_path) is None
    assert last_started(tmp_path) is None


# -- idle ----------------------------------------------------------------------------------------------------


def agree(home: Path) -> None:
    ConsentFile(home).agree("train", through="a test")


def test_keystrokes_are_noted_only_where_the_user_agreed_to_training(tmp_path: Path) -> None:
    now = 100.0
    home = tmp_path / "home"
    activity = Activity(home, clock=lambda: now)
    activity.note()
    assert not home.exists()
    agree(home)
    now += 11
    activity.note()
    file = home / ACTIVITY_FILE
    assert file.exists()
    os.utime(file, (1, 1))
    now += 9
    activity.note()
    assert file.stat().st_mtime == 1, "every ten seconds at most"
    now += 2
    activity.note()
    assert file.stat().st_mtime > 1
    now += 50
    assert activity.idle_seconds == 50


class Days:
    """A world in which a training may be started by itself."""

    def __init__(self, home: Path) -> None:
        self.now = 1_000_000.0
        self.ticks = 0.0
        self.spare = True
        self.started = 0
        self.home = home
        home.mkdir()
        agree(home)
        self.activity = Activity(home, clock=lambda: self.ticks)
        self.idle = IdleTraining(home, self.activity, lambda: self.spare, self.start, clock=lambda: self.now)
        self.idle.wanted = True

    async def start(self) -> None:
        self.started += 1


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path / "home")


async def test_a_training_starts_once_a_day_when_nobody_types(days: Days) -> None:
    assert not await days.idle.look()
    days.ticks += IDLE_SECONDS
    assert await days.idle.look()
    assert not await days.idle.look()
    days.now += 24 * 3600
    days.activity.note()
    assert not await days.idle.look()
    days.ticks += IDLE_SECONDS
    assert await days.idle.look()
    assert days.started == 2


@pytest.mark.parametrize("why", ["not wanted", "no consent", "battery or busy", "trained tonight"])
async def test_no_training_where_something_stands_against_it(days: Days, why: str) -> None:
    days.ticks += IDLE_SECONDS
    if why == "not wanted":
        days.idle.wanted = False
    elif why == "no consent":
        ConsentFile(days.home).withdraw("train", through="a test")
    elif why == "battery or busy":
        days.spare = False
    else:
        run = days.home / "runs" / "19700112T100000-abcd"
        run.mkdir(parents=True)
        (run / "run.json").write_text(json.dumps({"started": "1970-01-12T10:00:00+00:00"}))
    assert not await days.idle.look()
    assert days.started == 0
