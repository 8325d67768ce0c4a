"""Starts ``burnish nightly run`` as a process of its own, follows it, and asks it to stop.

The process outlives the server: closing the editor does not end a training, and a killed one is taken up by the next run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from burnish_server.errors import TrainingError
from burnish_server.serving.runs import running, status_of

__all__ = ["EXTRA", "Ended", "Training", "mend_extra", "missing_extra"]

log = logging.getLogger(__name__)

#: What training needs beyond what the server needs.
EXTRA = ("torch", "transformers", "peft")
_EVERY_SECONDS = 0.5
_MOST_OUTPUT = 1 << 20

OnStatus = Callable[[dict[str, Any]], None]


def missing_extra() -> list[str]:
    """The packages of the extra ``train`` that are not installed; nothing is imported to find out."""
    return [name for name in EXTRA if find_spec(name) is None]


def mend_extra() -> str:
    """The command that installs them."""
    return f'{sys.executable} -m pip install "burnish[train]"'


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its ``decision`` (``failed`` where it could not even begin), the reason in words, its report."""

    decision: str
    reason: str
    report: dict[str, Any] | None = None


class Training:
    """One training at a time. Lives in one asyncio event loop.

    Args:
        home: Burnish's home folder.
        command: the program and the arguments that come before ``nightly run``.
    """

    def __init__(self, home: Path, command: Sequence[str] = (sys.executable, "-m", "burnish_cli")) -> None:
        self._home = home
        self._command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._starting = asyncio.Lock()
        self._run: str | None = None
        self._ended: Ended | None = None
        self._on_status: list[OnStatus] = []
        self._on_end: list[Callable[[Ended], None]] = []

    @property
    def going_on(self) -> bool:
        """Whether a run that was started here goes on."""
        return self._process is not None

    def subscribe(self, on_status: OnStatus, on_end: Callable[[Ended], None]) -> Callable[[], None]:
        """Be told how far a run is and how it ends; returns the function that ends it."""
        self._on_status.append(on_status)
        self._on_end.append(on_end)

        def stop() -> None:
            if on_end in self._on_end:
                self._on_status.remove(on_status)
                self._on_end.remove(on_end)

        return stop

    async def start(self, *, model: Path | None, now: bool) -> None:
        """Start a run; returns as soon as its process was started. See :meth:`begun`.

        Args:
            model: the model to learn on; ``None`` for the selected one.
            now: at once and without pauses; else only while the machine is idle and on mains power.

        Raises:
            TrainingError: another one goes on, something is not installed, or no process can be started.
        """
        async with self._starting:
            await self._start(model, now=now)

    async def _start(self, model: Path | None, *, now: bool) -> None:
        if self.going_on or await asyncio.to_thread(running, self._home) is not None:
            raise TrainingError("A training is going on already. Wait for it, or stop it, then try again.")
        if missing := await asyncio.to_thread(missing_extra):
            raise TrainingError(
                f"Training needs {', '.join(missing)}, which is not installed. Install it with: {mend_extra()}"
            )
        arguments = ["--home", str(self._home), "nightly", "run", "--json"]
        arguments += ["--now"] if now else []
        arguments += ["--model", str(model)] if model is not None else []
        try:
            self._process = await asyncio.to_thread(self._spawn, [*self._command, *arguments])
        except OSError as error:
            raise TrainingError(
                f"The training could not be started: {error.strerror or error}. Look at the disk's free space."
            ) from error
        self._run, self._ended = None, None
        self._begun.clear()
        log.info("A training was started (process %d).", self._process.pid)
        self._task = asyncio.create_task(self._attend(self._process), name="burnish-training")

    async def begun(self, seconds: float) -> str | None:
        """Wait until the run has a name, it has ended, or the time is over; gives the name as far as it is known.

        Raises:
            TrainingError: it ended without having begun; says why.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._begun.wait(), seconds)
        if self._ended is not None and self._ended.report is None:
            raise TrainingError(self._ended.reason)
        return self._run

    def stop(self) -> None:
        """Ask the run to stop after the present step; what is done is kept for the next one."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.terminate()

    async def close(self) -> None:
        """Follow it no longer; it goes on by itself."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        logs = self._home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with self._output.open("wb") as output, (logs / "nightly.err").open("wb") as errors:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=os.name == "posix",
                creationflags=_windows_flags(),
            )

    @property
    def _output(self) -> Path:
        return self._home / "logs" / "nightly.out"

    async def _attend(self, process: subprocess.Popen[bytes]) -> None:
        told: dict[str, Any] | None = None
        while process.poll() is None:
            status = await asyncio.to_thread(status_of, self._home, process.pid)
            if status is not None and status != told:
                told, self._run = status, str(status.get("run"))
                self._begun.set()
                for tell in list(self._on_status):
                    tell(status)
            await asyncio.sleep(_EVERY_SECONDS)
        self._process = None
        ended = self._ended = await asyncio.to_thread(self._how_it_ended, process.returncode)
        if ended.report is not None:
            self._run = str(ended.report.get("run"))
        self._begun.set()
        log.info("The training has ended (%s): %s", ended.decision, ended.reason)
        for end in list(self._on_end):
            end(ended)

    def _how_it_ended(self, status: int) -> Ended:
        """From the document that the command prints, or from what it said last."""
        try:
            document = json.loads(self._output.read_bytes()[-_MOST_OUTPUT:])
        except (OSError, ValueError):
            document = None
        if isinstance(document, dict) and "decision" in document:
            return Ended(str(document["decision"]), str(document.get("reason", "")), document)
        if isinstance(document, dict) and "error" in document:
            return Ended("failed", str(document["error"]))
        if status < 0:
            return Ended(
                "failed", f"The training was ended by signal {-status}. The next one goes on where it was."
            )
        log_file = self._home / "logs" / "nightly.err"
        return Ended(
            "failed", f"The training ended with status {status}. See {log_file}, or run: burnish nightly run"
        )


def _windows_flags() -> int:
    """A process of its own group and of low priority that no console belongs to; 0 elsewhere."""
    names = ("CREATE_NEW_PROCESS_GROUP", "BELOW_NORMAL_PRIORITY_CLASS", "CREATE_NO_WINDOW")
    return sum(int(getattr(subprocess, name, 0)) for name in names)
