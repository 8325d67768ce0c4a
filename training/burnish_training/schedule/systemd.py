"""systemd user timer (Linux)."""

from __future__ import annotations

import re
from pathlib import Path

from burnish_training.schedule.errors import ScheduleError
from burnish_training.schedule.plan import NAME, Installed, Plan, Run, run_command

__all__ = ["Systemd", "quoted", "service_unit", "timer_unit"]


def quoted(word: str) -> str:
    """A word of a command line as systemd reads it (systemd.service(5), "Command lines")."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[^\w@%+=:,./-]", escaped) or not escaped else escaped


def service_unit(plan: Plan) -> str:
    """The unit that runs once."""
    return (
        "[Unit]\n"
        "Description=Burnish learns from what was accepted and rejected today\n"
        "Documentation=man:systemd.service(5)\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"ExecStart={' '.join(quoted(word) for word in plan.command)}\n"
        "Nice=15\n"
        "IOSchedulingClass=idle\n"
        "CPUSchedulingPolicy=batch\n"
        "# 1: refused or stopped, which is no failure of the service.\n"
        "SuccessExitStatus=1\n"
        "TimeoutStopSec=120\n"
    )


def timer_unit(plan: Plan) -> str:
    """The unit that starts it; a night that was missed is made up for."""
    return (
        "[Unit]\n"
        "Description=Burnish learns every night\n"
        "\n"
        "[Timer]\n"
        f"OnCalendar=*-*-* {plan.at}:00\n"
        f"RandomizedDelaySec={plan.spread_minutes}min\n"
        "Persistent=true\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


class Systemd:
    """Units below ``folder`` (``~/.config/systemd/user``)."""

    kind = "systemd"

    def __init__(self, folder: Path, run: Run = run_command) -> None:
        self._service, self._timer = folder / f"{NAME}.service", folder / f"{NAME}.timer"
        self._run = run

    def install(self, plan: Plan) -> None:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        try:
            self._service.parent.mkdir(parents=True, exist_ok=True)
            self._service.write_text(service_unit(plan), encoding="utf-8")
            self._timer.write_text(timer_unit(plan), encoding="utf-8")
        except OSError as error:
            self._remove()
            raise ScheduleError(f"Cannot write {self._timer.parent}: {error.strerror or error}.") from error
        for command in (("daemon-reload",), ("enable", "--now", self._timer.name)):
            status, output = self._run(("systemctl", "--user", *command))
            if status:
                self._remove()
                raise ScheduleError(
                    f"systemd refused the timer ({output or status}). Where there is no systemd user session, start "
                    "'burnish nightly run' from cron, or let the editor start it when idle."
                )

    def uninstall(self) -> bool:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        if not self._timer.exists() and not self._service.exists():
            return False
        # Where systemd is not running there is nothing to stop: the files are what counts.
        self._run(("systemctl", "--user", "disable", "--now", self._timer.name))
        self._remove()
        self._run(("systemctl", "--user", "daemon-reload"))
        return True

    def _remove(self) -> None:
        self._timer.unlink(missing_ok=True)
        self._service.unlink(missing_ok=True)

    def status(self) -> Installed:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        try:
            timer = self._timer.read_text(encoding="utf-8")
            service = self._service.read_text(encoding="utf-8")
        except OSError:
            return Installed(False, self.kind)
        at = re.search(r"^OnCalendar=\S+ (\d\d:\d\d)", timer, re.M)
        command = re.search(r"^ExecStart=(.*)$", service, re.M)
        status, output = self._run(
            ("systemctl", "--user", "show", self._timer.name, "--property=NextElapseUSecRealtime", "--value")
        )
        return Installed(
            True,
            self.kind,
            at[1] if at else "",
            output if status == 0 and output not in ("", "n/a") else "",
            command[1] if command else "",
        )
