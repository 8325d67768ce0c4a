"""What an interrupted nightly run holds of the record: its data set, and weights and answers made from it.

The run itself lives in another package; erasing must reach its files all the same.
"""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

__all__ = ["RUNS_FOLDER", "clear_run", "clear_runs"]

#: Below Burnish's home folder; one folder a run.
RUNS_FOLDER = "runs"
_FOLDERS = ("data", "data.part", "serving")
_ADAPTERS = ("trained.gguf", "adapter.gguf")
_FILES = ("checkpoint.pt", "checkpoint.part", *_ADAPTERS, "answers.jsonl")


def clear_run(folder: Path) -> None:
    """Remove everything of one run that holds the user's text, or weights made from it. Its reports stay.

    Raises:
        OSError: a file cannot be removed.
    """
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
    for name in _ADAPTERS:
        # What a killed write left.
        for path in folder.glob(f".{name}.*.part"):
            path.unlink(missing_ok=True)


def clear_runs(home: Path, before: datetime | None = None) -> None:
    """The same for every run below a home folder; an interrupted one begins its data set anew.

    With ``before`` those stay that say they hold nothing of suggestions made before it.
    """
    runs = home / RUNS_FOLDER
    for folder in runs.iterdir() if runs.is_dir() else ():
        if (folder / "run.json").is_file() and (before is None or not _later(folder, before)):
            clear_run(folder)


def _later(folder: Path, before: datetime) -> bool:
    """Whether a run's data set is known to be of suggestions made at ``before`` or later."""
    try:
        manifest = json.loads((folder / "data" / "manifest.json").read_text(encoding="utf-8"))
        return datetime.fromisoformat(manifest["since"]) >= before
    except (OSError, ValueError, KeyError, TypeError):
        return False
