"""The data set on the disk: written once for a run and whole, so that a run that goes on learns from the same."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from burnish_training.gate.cases import GateCase
from burnish_training.kto.batches import Example, Kind
from burnish_training.nightly.dataset import Dataset, Figures
from burnish_training.nightly.errors import RunFolderError
from burnish_training.nightly.folder import RunFolder

__all__ = ["Frozen", "freeze", "thaw"]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A data set, the window of time it is from, and the confidence from which on suggestions are shown."""

    dataset: Dataset
    since: datetime
    until: datetime
    threshold: float


def freeze(folder: RunFolder, frozen: Frozen) -> None:
    """Write a data set into a run's folder.

    Raises:
        RunFolderError: no room or no permission; nothing is left behind.
    """
    part = folder.path / "data.part"
    manifest = {
        "since": frozen.since.isoformat(),
        "until": frozen.until.isoformat(),
        "threshold": frozen.threshold,
        "events": frozen.dataset.events,
        "figures": asdict(frozen.dataset.figures),
    }
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        _write(part / "examples.jsonl", (_example(e) for e in frozen.dataset.examples))
        _write(part / "cases.jsonl", (asdict(case) for case in frozen.dataset.cases))
        _write(part / "manifest.json", [manifest])
        part.replace(folder.data)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise RunFolderError(
            f"Cannot keep tonight's data in {folder.path}: {error.strerror or error}. Make room on the disk and run again."
        ) from error


def _example(example: Example) -> dict[str, Any]:
    return {
        "prompt": example.prompt,
        "completion": example.completion,
        "kind": str(example.kind),
        "weight": example.weight,
    }


def _write(path: Path, entries: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for entry in entries:
            # Lone surrogates of a broken file survive as escapes.
            file.write(json.dumps(entry) + "\n")
        file.flush()
        os.fsync(file.fileno())


def thaw(folder: RunFolder) -> Frozen | None:
    """The data set in a run's folder; ``None`` where there is none yet.

    Raises:
        RunFolderError: it is damaged.
    """
    if not folder.data.is_dir():
        return None
    try:
        (manifest,) = _read(folder.data / "manifest.json")
        examples = tuple(
            Example(tuple(e["prompt"]), tuple(e["completion"]), Kind(e["kind"]), float(e["weight"]))
            for e in _read(folder.data / "examples.jsonl")
        )
        cases = tuple(GateCase(**entry) for entry in _read(folder.data / "cases.jsonl"))
        dataset = Dataset(examples, cases, tuple(manifest["events"]), Figures(**manifest["figures"]))
        since, until = (datetime.fromisoformat(manifest[key]) for key in ("since", "until"))
        return Frozen(dataset, since, until, float(manifest["threshold"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunFolderError(f"The data of the run {folder.run} is damaged ({error}).") from error


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
