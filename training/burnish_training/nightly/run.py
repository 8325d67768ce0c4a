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

from burnish_models.calibration import Calibration
from burnish_models.errors import CalibrationError, ModelsError
from burnish_models.gguf_file import file_sha256
from burnish_models.hardware import recommended_threads
from burnish_models.selection import ResolvedModel, resolve_model
from burnish_telemetry.errors import TelemetryError
from burnish_training.errors import TrainingError
from burnish_training.kto.errors import DataError, DivergedError, LoraError
from burnish_training.nightly.conditions import Conditions
from burnish_training.nightly.errors import NightlyError, StoppedError
from burnish_training.nightly.folder import RunFolder, Runs, now_text
from burnish_training.nightly.progress import Listener, Progress
from burnish_training.nightly.report import empty_report
from burnish_training.nightly.settings import NightlySettings, RunOptions
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
        NightlyError, ModelsError: it could not even begin.
    """
    work_offline()
    runs = Runs(home)
    with runs.locked():
        model = resolve_model(home, options.model)
        base = {"name": model.name, "sha256": file_sha256(model.path), "path": str(model.path)}
        identity = hashlib.sha256(
            repr((base["sha256"], sorted(asdict(settings).items()))).encode()
        ).hexdigest()
        folder = _unfinished(runs, identity, fresh=options.fresh)
        if folder is None:
            threads = options.threads or recommended_threads()
            folder = runs.begin({"base": base, "identity": identity, "threads": threads})
            runs.tidy()
        return _go(home, runs, folder, model, base, settings, options, should_stop, listener)


def _unfinished(runs: Runs, identity: str, *, fresh: bool) -> RunFolder | None:
    """The interrupted run to go on with; one that does not fit any more is given up."""
    folder = runs.latest()
    if folder is None or not folder.unfinished:
        return None
    known = folder.read("run") or {}
    if known.get("identity") == identity and not fresh:
        return folder
    report = folder.read("report") or empty_report(folder.run, str(known.get("started")))
    why = "a new run was asked for" if fresh else "the model or the settings have changed since"
    said = {"decision": "stopped", "reason": f"Given up unfinished: {why}.", "ended": now_text()}
    folder.write("report", {**report, **said, "resumable": False})
    folder.clear()
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
        should_stop=should_stop,
        report=report,
    )
    verdict = _outcome(night, folder, known)
    report.update(
        decision=verdict.decision, reason=verdict.reason, resumable=verdict.resumable, ended=now_text()
    )
    folder.write("report", report)
    if not verdict.resumable:
        folder.clear()
    progress.phase("done", verdict.reason, 1, 1)
    return report


def _outcome(night: Night, folder: RunFolder, known: dict[str, Any]) -> Verdict:
    """How the night ended, whatever happened."""
    try:
        return night.go()
    except StoppedError as error:
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
