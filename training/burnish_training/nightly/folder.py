"""A run on the disk: one folder, small JSON files that are written whole or not at all, and one lock for all runs.

::

    <home>/runs/
        .lock             held while a run goes on
        latest.json       {"run": id}
        references/       log-probabilities of the base model, shared by all runs
        <id>/run.json     when the run began, and with what
             data/        what it learns from, frozen; gone when the run is over
             status.json  how far it is
             report.json  how it ended
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from burnish_models.paths import write_atomically
from burnish_telemetry.unfinished import RUNS_FOLDER, clear_run
from burnish_training.nightly.errors import RunFolderError, RunLockedError

__all__ = ["RunFolder", "Runs", "now_text", "read_json"]

_KEPT_RUNS = 60
_PATIENCE_S = 1.0


def now_text() -> str:
    """The present time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; ``None`` where there is no file or no object in it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


class RunFolder:
    """One run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def data(self) -> Path:
        """The frozen data."""
        return self.path / "data"

    @property
    def trained(self) -> Path:
        """The adapter as it was trained."""
        return self.path / "trained.gguf"

    @property
    def adapter(self) -> Path:
        """The adapter at the strength it is to have, until the registry has it."""
        return self.path / "adapter.gguf"

    def read(self, name: str) -> dict[str, Any] | None:
        """One of the run's JSON files by its name without ``.json``."""
        return read_json(self.path / f"{name}.json")

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Replace one of the run's JSON files.

        Raises:
            RunFolderError: no room or no permission; the old content is untouched.
        """
        try:
            write_atomically(self.path / f"{name}.json", json.dumps(dict(content), ensure_ascii=False) + "\n")
        except OSError as error:
            raise RunFolderError(
                f"Cannot write {self.path / name}.json: {error.strerror or error}. Make room on the disk; the next run "
                "goes on from here."
            ) from error

    def clear(self) -> None:
        """Remove everything that holds the user's text or weights made from it; what the run was stays.

        Raises:
            RunFolderError: a file cannot be removed.
        """
        try:
            clear_run(self.path)
        except OSError as error:
            raise RunFolderError(
                f"Cannot remove {error.filename or self.path}: {error.strerror or error}. It holds code of yours, or "
                "weights made from it; remove it by hand."
            ) from error

    @property
    def unfinished(self) -> bool:
        """Whether the next run should go on with this one."""
        if self.read("run") is None:
            return False
        report = self.read("report")
        return report is None or bool(report.get("resumable"))


class Runs:
    """All runs below a home folder."""

    def __init__(self, home: Path) -> None:
        self.folder = home / RUNS_FOLDER

    @property
    def references(self) -> Path:
        """Folder of the reference cache."""
        return self.folder / "references"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of all runs; a killed process loses it at once.

        Raises:
            RunLockedError: another run is going on.
            RunFolderError: the folder cannot be made.
        """
        # A little patience: who asks whether a run goes on holds it for a moment.
        lock = FileLock(self.folder / ".lock", timeout=_PATIENCE_S, mode=0o600)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            running = self.running() or {}
            since = f" ({running['run']}, process {running['pid']})" if "pid" in running else ""
            raise RunLockedError(
                f"Another nightly run is going on{since}. See: burnish nightly status. Wait for it, or stop that process."
            ) from error
        except OSError as error:
            raise RunFolderError(
                f"Cannot use {self.folder}: {error.strerror or error}. Check the folder and the disk."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def latest(self) -> RunFolder | None:
        """The run begun last, where its folder is there."""
        known = read_json(self.folder / "latest.json")
        name = known.get("run") if known else None
        if not isinstance(name, str) or not name or Path(name).name != name:
            return None
        folder = RunFolder(self.folder / name)
        return folder if folder.path.is_dir() else None

    def last_report(self) -> dict[str, Any] | None:
        """How the last run that ended did so."""
        for folder in self._folders():
            if (report := folder.read("report")) is not None:
                return report
        return None

    def judged(self, identity: str, examples_sha256: str) -> dict[str, Any] | None:
        """The report of a night in which the gate judged what these very examples lead to; ``None`` where none did.

        Args:
            identity: of the model and the settings, as ``run.json`` has it.
            examples_sha256: see :func:`~burnish_training.kto.batches.examples_sha256`. A training that a budget cut short
                does not count: another one may come further.
        """
        for folder in self._folders():
            report, run = folder.read("report") or {}, folder.read("run") or {}
            data, training = report.get("data") or {}, report.get("training") or {}
            if (
                report.get("gate")
                and run.get("identity") == identity
                and data.get("examples_sha256") == examples_sha256
                and training.get("reason") == "done"
            ):
                return report
        return None

    def running(self) -> dict[str, Any] | None:
        """The status of the run that is going on; ``None`` where none is."""
        latest = self.latest()
        status = latest.read("status") if latest else None
        if status is None or status.get("phase") == "done":
            return None
        return status if self._held() else None

    def _held(self) -> bool:
        """Whether a process holds the lock."""
        try:
            lock = FileLock(self.folder / ".lock", timeout=0, mode=0o600)
            lock.acquire()
            lock.release()
        except Timeout:
            return True
        except OSError:
            return False
        return False

    def begin(self, content: Mapping[str, Any]) -> RunFolder:
        """Make a new run's folder with its ``run.json``; from then on it is the latest run.

        Raises:
            RunFolderError: no room or no permission.
        """
        began = datetime.now(UTC)
        folder = RunFolder(self.folder / f"{began:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}")
        try:
            folder.path.mkdir(mode=0o700, parents=True)
            folder.write(
                "run", {"run": folder.run, "started": began.isoformat(timespec="seconds"), **content}
            )
            write_atomically(self.folder / "latest.json", json.dumps({"run": folder.run}) + "\n")
        except OSError as error:
            raise RunFolderError(
                f"Cannot make {folder.path}: {error.strerror or error}. Check the folder and the disk."
            ) from error
        return folder

    def tidy(self) -> None:
        """Remove the folders of old runs, and what runs that nobody will go on with have left."""
        latest = self.latest()
        for number, folder in enumerate(self._folders()):
            if latest is not None and folder.run == latest.run:
                continue
            if number >= _KEPT_RUNS:
                shutil.rmtree(folder.path, ignore_errors=True)
            else:
                folder.clear()

    def _folders(self) -> list[RunFolder]:
        """Folders of nightly runs, the newest first; other commands keep theirs beside them."""
        try:
            paths = sorted(self.folder.iterdir(), reverse=True)
        except OSError:
            return []
        return [RunFolder(path) for path in paths if (path / "run.json").is_file()]
