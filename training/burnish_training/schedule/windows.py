"""Task Scheduler (Windows)."""

from __future__ import annotations

import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from burnish_training.schedule.errors import ScheduleError
from burnish_training.schedule.plan import NAME, Installed, Plan, Run, run_command

__all__ = ["TaskScheduler", "task"]

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_LIMIT = "PT12H"


def task(plan: Plan) -> str:
    """The task's XML (Task Scheduler schema 1.2): daily, made up for when missed, only on mains power, low priority."""
    root = ElementTree.Element("Task", {"version": "1.2", "xmlns": _NAMESPACE})
    _add(root, "RegistrationInfo/Description", "Burnish learns from what was accepted and rejected today.")
    trigger = _add(root, "Triggers/CalendarTrigger")
    _add(trigger, "StartBoundary", f"2026-01-01T{plan.at}:00")
    _add(trigger, "Enabled", "true")
    _add(trigger, "RandomDelay", f"PT{plan.spread_minutes}M")
    _add(trigger, "ScheduleByDay/DaysInterval", "1")
    settings = _add(root, "Settings")
    for name, value in (
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", "true"),
        ("StopIfGoingOnBatteries", "false"),
        ("StartWhenAvailable", "true"),
        ("ExecutionTimeLimit", _LIMIT),
        ("Priority", "8"),
    ):
        _add(settings, name, value)
    action = _add(root, "Actions/Exec")
    _add(action, "Command", plan.command[0])
    _add(action, "Arguments", subprocess.list2cmdline(plan.command[1:]))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(parent: ElementTree.Element, path: str, text: str | None = None) -> ElementTree.Element:
    """Add an element, those above it where they are missing."""
    *above, name = path.split("/")
    for step in above:
        found = parent.find(step)
        parent = ElementTree.SubElement(parent, step) if found is None else found
    element = ElementTree.SubElement(parent, name)
    element.text = text
    return element


class TaskScheduler:
    """The user's own tasks."""

    kind = "task-scheduler"

    def __init__(self, run: Run = run_command) -> None:
        self._run = run

    def install(self, plan: Plan) -> None:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        with tempfile.TemporaryDirectory(prefix="burnish-") as folder:
            file = Path(folder, f"{NAME}.xml")
            file.write_text(task(plan), encoding="utf-16")
            status, output = self._run(("schtasks", "/Create", "/TN", NAME, "/XML", str(file), "/F"))
        if status:
            raise ScheduleError(f"Task Scheduler refused the task: {output or status}.")

    def uninstall(self) -> bool:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        if not self.status().installed:
            return False
        status, output = self._run(("schtasks", "/Delete", "/TN", NAME, "/F"))
        if status:
            raise ScheduleError(f"Task Scheduler could not delete the task: {output or status}.")
        return True

    def status(self) -> Installed:
        """See :class:`~burnish_training.schedule.plan.Scheduler`."""
        status, output = self._run(("schtasks", "/Query", "/TN", NAME, "/XML"))
        begin = output.find("<Task")
        if status or begin < 0:
            return Installed(False, self.kind)
        try:
            root = ElementTree.fromstring(output[begin : output.rfind(">") + 1])
        except ElementTree.ParseError:
            return Installed(True, self.kind)
        start = root.findtext(f".//{{{_NAMESPACE}}}StartBoundary") or ""
        command = [root.findtext(f".//{{{_NAMESPACE}}}{name}") or "" for name in ("Command", "Arguments")]
        return Installed(True, self.kind, start.partition("T")[2][:5], "", " ".join(command).strip())
