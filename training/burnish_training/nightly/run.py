"""One nightly run: data, reference, training, checking, gate. Killed at any moment, the next call goes on with it.

Everything that a later step needs is on the disk, whole, before that step begins: the data set (frozen), the checkpoint, the
adapter's file, the gate's answers, the decision. What follows from the decision is done again without harm.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from burnish_models import gguf_file
from burnish_models.calibration import Calibration
from burnish_models.errors import CalibrationError, ModelsError
from burnish_models.gguf_file import file_sha256
from burnish_models.hardware import recommended_threads
from burnish_models.selection import ResolvedModel, resolve_model
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.errors import TelemetryError
from burnish_training.errors import TrainingError
from burnish_training.kto.errors import DataError, DivergedError, LoraError
from burnish_training.nightly.conditions import Conditions
from burnish_training.nightly.errors import NightlyError, StoppedError
from burnish_training.nightly.folder import RunFolder, Runs, now_text
from burnish_training.nightly.judging import retire_unjudged
from burnish_training.nightly.progress import Listener, Progress
from burnish_training.nightly.report import empty_report
from burnish_training.nightly.settings import NightlySettings, RunOptions
from burnish_training.nightly.sizes import settled
from burnish_training.nightly.steps import Night
from burnish_training.nightly.verdict import Verdict

__all__ = ["run_nightly", "work_offline"]

_log = logging.getLogger(__name__)

#: Errors that the same run would meet again.
_FINAL = (DataError, DivergedError, LoraError)
#: A run that failed so often is given up.
_MOST_FAILURES = 3


def work_offline() -> None:
    """Tell every library of this process and its children never to use the network; before they are loaded."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "1"
    # Its threads and those of the language server's tokenizer would fight for the same cores.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def run_nightly(
    home: Path,
    settings: NightlySettings,
    options: RunOptions,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    listener: Listener = lambda _status: None,
) -> dict[str, Any]:
    """Run a night, or go on with the one that was interrupted; returns the report, which is on the disk too.

    Raises:
        RunLockedError: another run is going on.
        NightlyError, ModelsError, ConsentError: it could not even begin.
    """
    work_offline()
    runs = Runs(home)
    with runs.locked():
        model = resolve_model(home, options.model)
        settings = settled(settings, gguf_file.inspect(model.path).parameters)
        base = {"name": model.name, "sha256": file_sha256(model.path), "path": str(model.path)}
        folder = _unfinished(home, runs, identity := _identity(home, base, settings), fresh=options.fresh)
        if folder is None:
            threads = options.threads or recommended_threads()
            folder = runs.begin({"base": base, "identity": identity, "threads": threads})
            runs.tidy()
        return _go(home, runs, folder, model, base, settings, options, should_stop, listener)


def _identity(home: Path, base: dict[str, str], settings: NightlySettings) -> str:
    """One hash of what a run that goes on must have in common with the one that began.

    What is left out belongs to it: a frozen data set may hold what was excluded since.
    """
    consent = ConsentFile(home).read()
    excluded = consent.excluded_folders, consent.excluded_globs
    return hashlib.sha256(
        repr((base["sha256"], sorted(asdict(settings).items()), excluded)).encode()
    ).hexdigest()


class _Stop:
    """Says whether a run must stop: its caller says so, or learning was switched off meanwhile."""

    def __init__(self, home: Path, asked: Callable[[], bool]) -> None:
        self._consent, self._asked = ConsentFile(home), asked
        self.withdrawn = False

    def __call__(self) -> bool:
        self.withdrawn = not self._consent.read().train.holds
        return self.withdrawn or self._asked()


def _unfinished(home: Path, runs: Runs, identity: str, *, fresh: bool) -> RunFolder | None:
    """The interrupted run to go on with; one that does not fit any more is given up."""
    folder = runs.latest()
    if folder is None or not folder.unfinished:
        return None
    known = folder.read("run") or {}
    if known.get("identity") == identity and not fresh:
        return folder
    report = folder.read("report") or empty_report(folder.run, str(known.get("started")))
    why = (
        "a new run was asked for"
        if fresh
        else "the model, the settings or what is left out have changed since"
    )
    said = {"decision": "stopped", "reason": f"Given up unfinished: {why}.", "ended": now_text()}
    folder.write("report", {**report, **said, "resumable": False})
    folder.clear()
    retire_unjudged(home, folder.run, said["reason"])
    return None


def _go(
    home: Path,
    runs: Runs,
    folder: RunFolder,
    model: ResolvedModel,
    base: dict[str, str],
    settings: NightlySettings,
    options: RunOptions,
    should_stop: Callable[[], bool],
    listener: Listener,
) -> dict[str, Any]:
    known = folder.read("run") or {}
    started = str(known.get("started"))
    report = empty_report(folder.run, started)
    report["base"] = {"name": base["name"], "sha256": base["sha256"]}
    progress = Progress(folder, started, listener)
    stop = _Stop(home, should_stop)
    night = Night(
        home=home,
        runs=runs,
        folder=folder,
        model=model.path,
        base_name=base["name"],
        base_sha256=base["sha256"],
        threshold=_threshold(model),
        settings=settings,
        options=options,
        threads=int(known.get("threads") or 1),
        conditions=Conditions(home, now=options.now),
        progress=progress,
        should_stop=stop,
        report=report,
    )
    try:
        verdict = _outcome(night, stop, folder, known)
    except Exception as error:
        # A fault of Burnish's own is shown as it is; and it counts, so that it cannot stop every night to come.
        _end(night, _failed(f"Unexpected: {type(error).__name__}: {error}", folder, known, final=False))
        raise
    _end(night, verdict)
    return report


def _end(night: Night, verdict: Verdict) -> None:
    """Write down how it ended, and remove what is of no more use."""
    night.report.update(
        decision=verdict.decision, reason=verdict.reason, resumable=verdict.resumable, ended=now_text()
    )
    night.folder.write("report", night.report)
    if not verdict.resumable:
        night.folder.clear()
        retire_unjudged(night.home, night.folder.run, verdict.reason)
    night.progress.phase("done", verdict.reason, 1, 1)


def _outcome(night: Night, stop: _Stop, folder: RunFolder, known: dict[str, Any]) -> Verdict:
    """How the night ended; only a fault of Burnish's own is raised."""
    try:
        return night.go()
    except StoppedError as error:
        if stop.withdrawn:
            return Verdict(
                "no-consent",
                "Learning was switched off meanwhile, so the run was given up.",
            )
        return Verdict("stopped", str(error), resumable=True)
    except (TrainingError, ModelsError, TelemetryError, OSError) as error:
        _log.warning("The run failed.", exc_info=True)
        return _failed(str(error), folder, known, final=isinstance(error, _FINAL))
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            raise
        _log.warning("The run failed.", exc_info=True)
        reason = "There was not enough memory. Close other programs, or choose a smaller model: burnish models list"
        return _failed(reason, folder, known, final=False)


def _failed(reason: str, folder: RunFolder, known: dict[str, Any], *, final: bool) -> Verdict:
    failures = int(known.get("failures") or 0) + 1
    folder.write("run", {**known, "failures": failures})
    return Verdict("failed", reason, resumable=not final and failures < _MOST_FAILURES)


def _threshold(model: ResolvedModel) -> float:
    """The confidence from which on the model's suggestions are shown."""
    if model.calibration_path is None:
        return Calibration.default().threshold
    try:
        return Calibration.load(model.calibration_path).threshold
    except CalibrationError as error:
        raise NightlyError(str(error)) from error
