"""launchd agent (macOS)."""

from __future__ import annotations

import plistlib
import shlex
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from burnish_training.schedule.errors import ScheduleError
from burnish_training.schedule.plan import Installed, Plan, Run, run_command

__all__ = ["LABEL", "Launchd", "agent"]

LABEL = "dev.burnish.nightly"


def agent(plan: Plan) -> bytes:
    """The property list (launchd.plist(5)). A run that was slept through starts when the machine wakes."""
    content: dict[str, Any] = {
        "Label": LABEL,
        "ProgramArguments": list(plan.command),
        "StartCalendarInterval": {"Hour": plan.hour, "Minute": plan.minute},
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "Nice": 15,
        "RunAtLoad": False,
        "ExitTimeOut": 120,
    }
    return plistlib.dumps(content, sort_keys=True)


class Launchd:
    """An agent below ``folder`` (``~/Library/LaunchAgents``) of the user with this id."""

    kind = "launchd"

    def __init__(self, folder: Path, user: int, run: Run = run_command) -> None:
        self._file = folder / f"{LABEL}.plist"
        self._domain, self._run = f"gui/{user}", run

    def install(self, plan: Plan) -> None:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        if self._file.exists():
            self._run(("launchctl", "bootout", f"{self._domain}/{LABEL}"))
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(agent(plan))
        except OSError as error:
            self._file.unlink(missing_ok=True)
            raise ScheduleError(f"Cannot write {self._file}: {error.strerror or error}.") from error
        status, output = self._run(("launchctl", "bootstrap", self._domain, str(self._file)))
        if status:
            self._file.unlink(missing_ok=True)
            raise ScheduleError(
                f"launchd refused the agent ({output or status}). Log in to the desktop and try again, or let the editor start "
                "the run when idle."
            )

    def uninstall(self) -> bool:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        if not self._file.exists():
            return False
        self._run(("launchctl", "bootout", f"{self._domain}/{LABEL}"))
        self._file.unlink(missing_ok=True)
        return True

    def status(self) -> Installed:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        try:
            content = plistlib.loads(self._file.read_bytes())
            at = content["StartCalendarInterval"]
            command = shlex.join(content["ProgramArguments"])
            return Installed(True, self.kind, f"{at['Hour']:02d}:{at['Minute']:02d}", "", command)
        except (OSError, ValueError, KeyError, TypeError, ExpatError):
            return Installed(False, self.kind)
