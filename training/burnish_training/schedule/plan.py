"""What is to be started when, and what the schedulers have in common."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

__all__ = ["NAME", "Installed", "Plan", "Run", "Scheduler", "run_command", "run_plan"]

NAME = "burnish-nightly"

#: Runs a command and gives its exit status and its output, standard error at the end.
Run = Callable[[Sequence[str]], tuple[int, str]]

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Start ``command`` every night at ``hour``:``minute``, local time, up to ``spread_minutes`` later."""

    command: tuple[str, ...]
    hour: int
    minute: int
    spread_minutes: int = 30

    @property
    def at(self) -> str:
        """The time of day."""
        return f"{self.hour:02d}:{self.minute:02d}"


@dataclass(frozen=True, slots=True)
class Installed:
    """What a scheduler knows of the nightly run; ``next`` is when it starts next, where the scheduler tells."""

    installed: bool
    kind: str
    at: str = ""
    next: str = ""
    command: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data, with a sentence for people."""
        if self.installed:
            when = f", next {self.next}" if self.next else ""
            sentence = f"The nightly run is installed ({self.kind}): every night at {self.at}{when}."
        else:
            sentence = "The nightly run is not installed. Install it with: burnish nightly install"
        return {
            "installed": self.installed,
            "kind": self.kind,
            "at": self.at or None,
            "next": self.next or None,
            "command": self.command or None,
            "sentence": sentence,
        }


class Scheduler(Protocol):
    """A system's way to start something at night."""

    kind: str

    def install(self, plan: Plan) -> None:
        """Install, or replace what is installed.

        Raises:
            ScheduleError: the scheduler is missing, or refused; nothing is left behind.
        """

    def uninstall(self) -> bool:
        """Take it away; whether there was anything.

        Raises:
            ScheduleError: the scheduler refused.
        """

    def status(self) -> Installed:
        """What is installed."""


def run_command(command: Sequence[str]) -> tuple[int, str]:
    """Run a command of the system; a missing one has status 127."""
    try:
        done = subprocess.run(
            list(command), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, errors="replace"
        )
    except FileNotFoundError:
        return 127, f"{command[0]} is not there"
    except (OSError, subprocess.TimeoutExpired) as error:
        return 126, str(error)
    return done.returncode, (done.stdout + done.stderr).strip()


def run_plan(home: Path, hour: int, minute: int) -> Plan:
    """The nightly run of this installation of Burnish."""
    command = (sys.executable, "-m", "burnish_cli", "--home", str(home), "nightly", "run", "--json")
    return Plan(command, hour, minute)
