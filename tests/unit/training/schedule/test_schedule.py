"""What is written for each scheduler, and what is asked of it. The schedulers themselves are not here: their commands are
recorded instead of run."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import pytest

from burnish_training.schedule.command import schedule_status, scheduler
from burnish_training.schedule.errors import ScheduleError
from burnish_training.schedule.launchd import LABEL, Launchd, agent
from burnish_training.schedule.plan import Plan, run_command, run_plan
from burnish_training.schedule.systemd import Systemd, quoted, service_unit, timer_unit
from burnish_training.schedule.windows import TaskScheduler, task

PLAN = Plan(
    ("/opt/my python/bin/python", "-m", "burnish_cli", "--home", '/h/50% "a"', "nightly", "run"), 3, 5
)


class Recorder:
    """Stands in for the system's scheduler."""

    def __init__(self, *answers: tuple[str, int, str]) -> None:
        self.commands: list[list[str]] = []
        self._answers = answers

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        self.commands.append(list(command))
        return next(((s, out) for part, s, out in self._answers if part in command), (0, ""))


def test_systemd_units() -> None:
    timer, service = timer_unit(PLAN), service_unit(PLAN)
    assert "OnCalendar=*-*-* 03:05:00\n" in timer
    assert "Persistent=true\n" in timer
    assert "RandomizedDelaySec=30min\n" in timer
    assert (
        'ExecStart="/opt/my python/bin/python" -m burnish_cli --home "/h/50%% \\"a\\"" nightly run\n'
        in service
    )
    assert quoted("a$b") == '"a$$b"'


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_itself_accepts_the_units(tmp_path: Path) -> None:
    plan = Plan(("/bin/true", "a b", "50%"), 3, 5)
    (tmp_path / "burnish-nightly.service").write_text(service_unit(plan))
    (tmp_path / "burnish-nightly.timer").write_text(timer_unit(plan))
    command = ["systemd-analyze", "verify", "--user", "--man=no", str(tmp_path / "burnish-nightly.timer")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "burnish-nightly" not in done.stderr, done.stderr


def test_systemd_install_status_uninstall(tmp_path: Path) -> None:
    recorder = Recorder(("show", 0, "Sun 2026-11-22 03:05:00 UTC"))
    system = Systemd(tmp_path / "units", recorder)
    assert not system.status().installed
    assert system.status().as_json()["sentence"].endswith("burnish nightly install")
    system.install(PLAN)
    assert recorder.commands == [
        ["systemctl", "--user", "daemon-reload"],
        ["systemctl", "--user", "enable", "--now", "burnish-nightly.timer"],
    ]
    found = system.status()
    assert (found.installed, found.at, found.next) == (True, "03:05", "Sun 2026-11-22 03:05:00 UTC")
    assert "nightly run" in found.command
    assert system.uninstall()
    assert not system.uninstall()
    assert list((tmp_path / "units").iterdir()) == []
    assert ["systemctl", "--user", "disable", "--now", "burnish-nightly.timer"] in recorder.commands


def test_systemd_that_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    system = Systemd(tmp_path, Recorder(("enable", 1, "Failed to connect to bus")))
    with pytest.raises(ScheduleError, match=r"Failed to connect to bus.*cron"):
        system.install(PLAN)
    assert list(tmp_path.iterdir()) == []


def test_launchd_agent(tmp_path: Path) -> None:
    content = plistlib.loads(agent(PLAN))
    assert content["ProgramArguments"] == list(PLAN.command)
    assert content["StartCalendarInterval"] == {"Hour": 3, "Minute": 5}
    recorder = Recorder()
    system = Launchd(tmp_path / "agents", 501, recorder)
    assert not system.status().installed
    system.install(PLAN)
    file = tmp_path / "agents" / f"{LABEL}.plist"
    assert recorder.commands == [["launchctl", "bootstrap", "gui/501", str(file)]]
    assert system.status().at == "03:05"
    assert system.uninstall()
    assert recorder.commands[-1] == ["launchctl", "bootout", f"gui/501/{LABEL}"]
    assert not file.exists()
    refusing = Launchd(tmp_path, 501, Recorder(("bootstrap", 5, "Input/output error")))
    with pytest.raises(ScheduleError, match="Input/output error"):
        refusing.install(PLAN)


def test_task_scheduler() -> None:
    text = task(PLAN)
    root = ElementTree.fromstring(text.partition("\n")[2])
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert root.findtext(".//t:StartBoundary", namespaces=space) == "2026-01-01T03:05:00"
    assert root.findtext(".//t:StartWhenAvailable", namespaces=space) == "true"
    assert root.findtext(".//t:Command", namespaces=space) == "/opt/my python/bin/python"
    assert '\\"a\\"' in (root.findtext(".//t:Arguments", namespaces=space) or "")
    recorder = Recorder(("/Query", 0, text))
    system = TaskScheduler(recorder)
    system.install(PLAN)
    assert recorder.commands[0][:4] == ["schtasks", "/Create", "/TN", "burnish-nightly"]
    assert recorder.commands[0][-1] == "/F"
    found = system.status()
    assert (found.installed, found.at) == (True, "03:05")
    assert system.uninstall()
    missing = TaskScheduler(Recorder(("/Query", 1, "ERROR: The system cannot find the file specified.")))
    assert not missing.status().installed
    assert not missing.uninstall()
    with pytest.raises(ScheduleError, match="Access is denied"):
        TaskScheduler(Recorder(("/Create", 1, "Access is denied."))).install(PLAN)


def test_every_system_has_its_scheduler() -> None:
    kinds = {platform: scheduler(platform).kind for platform in ("linux", "darwin", "win32")}
    assert kinds == {"linux": "systemd", "darwin": "launchd", "win32": "task-scheduler"}
    with pytest.raises(ScheduleError, match="sunos"):
        scheduler("sunos")


def test_the_plan_starts_this_installation(tmp_path: Path) -> None:
    plan = run_plan(tmp_path, 4, 0)
    status, output = run_command([*plan.command[:-2], "--help"])
    assert status == 0, output
    assert "Learn from what was" in output or "nightly" in output
    assert run_command(["no-such-program-anywhere"])[0] == 127


@pytest.mark.parametrize("content", ["", "<?xml version='1.0'?><plist><dict>", "<plist/>"])
def test_a_damaged_agent_is_not_installed(content: str, tmp_path: Path) -> None:
    (tmp_path / f"{LABEL}.plist").write_text(content)
    assert not Launchd(tmp_path, 501, Recorder()).status().installed


def test_status_where_no_scheduler_is_known() -> None:
    """The rest of ``burnish nightly status`` is there all the same."""
    found = schedule_status("sunos")
    assert found["installed"] is False
    assert "sunos" in found["sentence"]
