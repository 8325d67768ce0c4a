"""The state of recording in one document, for the command line and an editor's dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish_telemetry.consent import Agreement, Consent, ConsentFile
from burnish_telemetry.database import damaged_files, sidecars
from burnish_telemetry.errors import ConsentError
from burnish_telemetry.store import Store, store_file

__all__ = ["status_document"]


def status_document(home: Path) -> dict[str, Any]:
    """What is recorded, where and for how long, as ``burnish telemetry status --json`` prints it.

    Raises:
        StoreError: the record is there but cannot be opened.
    """
    problem = None
    try:
        consent = ConsentFile(home).read()
    except ConsentError as error:
        consent, problem = Consent(), str(error)
    file = store_file(home)
    events = size = 0
    if file.exists():
        with Store(file) as store:
            events = sum(store.counts().values())
        size = sum(path.stat().st_size for path in (file, *sidecars(file)) if path.exists())
    return {
        "record": _agreement(consent.record),
        "train": _agreement(consent.train),
        "file": str(file),
        "exists": file.exists(),
        "bytes": size,
        "events": events,
        "retention_days": consent.retention_days,
        "excluded_folders": list(consent.excluded_folders),
        "excluded_globs": list(consent.excluded_globs),
        "damaged_files": [str(path) for path in damaged_files(file)],
        "problem": problem,
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    at = None if agreement.at is None else agreement.at.isoformat(timespec="seconds")
    return {
        "on": agreement.holds,
        "outdated": agreement.outdated,
        "text_version": agreement.text_version,
        "at": at,
        "through": agreement.through,
    }
