"""Checks of the learning loop. None of them is essential: completions work without."""

from __future__ import annotations

from pathlib import Path

from burnish_models.errors import ModelsError
from burnish_models.memory import readable_bytes
from burnish_server.doctor.check import Check
from burnish_server.engine_parts import default_resolve
from burnish_server.serving.choice import Chooser
from burnish_server.serving.runs import last_report, running
from burnish_server.serving.training import EXTRA, mend_extra, missing_extra
from burnish_telemetry.errors import TelemetryError
from burnish_telemetry.overview import status_document

__all__ = ["check_adapter", "check_consent", "check_last_run", "check_record", "check_train_extra"]

_LEARNING_ON = "burnish telemetry on"


def check_consent(home: Path) -> Check:
    """What the user agreed to; nothing is fine too."""
    try:
        document = status_document(home)
    except TelemetryError as error:
        return Check("consent", False, str(error), "burnish telemetry status", essential=False)
    if document["problem"]:
        return Check("consent", False, document["problem"], _LEARNING_ON, essential=False)
    outdated = [name for name in ("record", "train") if document[name]["outdated"]]
    words = {"record": "recording", "train": "learning"}
    if outdated:
        detail = f"{' and '.join(words[name] for name in outdated)}: agreed to an older text, so off until you look again"
        return Check("consent", False, detail, f"{_LEARNING_ON} {' '.join(outdated)}", essential=False)
    found = [f"{word} is {'on' if document[name]['on'] else 'off'}" for name, word in words.items()]
    return Check("consent", True, ", ".join(found), essential=False)


def check_record(home: Path) -> Check:
    """Whether the record can be read, and how large it is."""
    try:
        document = status_document(home)
    except TelemetryError as error:
        return Check("record", False, str(error), "burnish telemetry status", essential=False)
    if damaged := document["damaged_files"]:
        detail = f"put aside as damaged, with what could be saved in a new file: {', '.join(damaged)}"
        return Check("record", False, detail, "burnish telemetry purge", essential=False)
    if not document["exists"]:
        return Check("record", True, "nothing was recorded", essential=False)
    size = readable_bytes(document["bytes"])
    return Check("record", True, f"{document['events']} events, {size}: {document['file']}", essential=False)


def check_adapter(home: Path) -> Check:
    """Which adapter is served with the selected model, and what stands in the way of another."""
    try:
        choice = Chooser(home).choose(default_resolve(home, None).path, "")
    except (ModelsError, OSError) as error:
        return Check("adapter", False, str(error), "burnish adapters list", essential=False)
    if choice.detail:
        return Check("adapter", False, choice.detail, "burnish nightly run --now", essential=False)
    if choice.served.id is None:
        return Check("adapter", True, "none; the model is served alone", essential=False)
    return Check("adapter", True, f"{choice.served.name} ({choice.served.id[:12]})", essential=False)


def check_train_extra() -> Check:
    """Whether what training needs is installed."""
    missing = missing_extra()
    if missing:
        detail = f"not installed: {', '.join(missing)}; needed for learning only"
        return Check("training", False, detail, mend_extra(), essential=False)
    return Check("training", True, f"{', '.join(EXTRA)} are installed", essential=False)


def check_last_run(home: Path) -> Check:
    """How the last nightly run ended."""
    if (status := running(home)) is not None:
        return Check(
            "last run", True, f"{status['run']} goes on: {status.get('message', '')}", essential=False
        )
    report = last_report(home)
    if report is None:
        return Check("last run", True, "there was none", essential=False)
    detail = f"{report.get('ended')}, {report.get('decision')}: {report.get('reason')}"
    return Check(
        "last run", report.get("decision") != "failed", detail, "burnish nightly run --now", essential=False
    )
