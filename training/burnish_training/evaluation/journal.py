"""The folder of one evaluation run: what it measures, and one line for every finished result, kept as it comes.

A run that was killed goes on where it stopped: ``results.jsonl`` is only appended to, a last line that was written in
half is dropped. Two processes never share a folder (``.lock``).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from burnish_training.errors import EvaluationError

__all__ = ["Journal", "open_journal"]

_log = logging.getLogger(__name__)
_HEADER, _RESULTS, _REPORT = "run.json", "results.jsonl", "report.json"


class Journal:
    """An open, locked run folder. ``header`` says what is measured; ``results`` holds what was finished before.

    Raises:
        EvaluationError: the folder belongs to a run of something else, is in use, is damaged or cannot be written.
    """

    def __init__(self, folder: Path, header: Mapping[str, Any]) -> None:
        self.folder, self.header = folder, dict(header)
        self.results: dict[tuple[str, int], dict[str, Any]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / ".lock")
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise EvaluationError(
                f"Another evaluation is writing to {folder}. Wait for it, or name another folder."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        #: How many results were there before this run.
        self.resumed = len(self.results)

    def _open(self) -> None:
        self._check_header()
        self._load()
        try:
            self._file = (self.folder / _RESULTS).open("ab", buffering=0)
        except OSError as error:
            raise self._unwritable(error) from error

    def _check_header(self) -> None:
        path = self.folder / _HEADER
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if (self.folder / _RESULTS).exists():
                raise EvaluationError(
                    f"{self.folder} has results but no {_HEADER} that says of what. Name another folder."
                ) from None
            self._write(path, self.header)
            return
        except (OSError, ValueError) as error:
            raise EvaluationError(f"{path} cannot be read ({error}). Name another folder.") from error
        changed = sorted(
            k
            for k in {*found, *self.header}
            if not isinstance(found, dict) or found.get(k) != self.header.get(k)
        )
        if changed:
            names = ", ".join(changed)
            raise EvaluationError(
                f"{self.folder} belongs to another run: {names} changed since. Name another folder for a fresh "
                "run, or measure again what that run measured."
            )

    def _load(self) -> None:
        path = self.folder / _RESULTS
        try:
            data = path.read_bytes()
            whole = data[: data.rfind(b"\n") + 1]
            if len(whole) < len(data):
                _log.warning("%s: the last line was written in half and is measured again", path)
                os.truncate(path, len(whole))
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unwritable(error) from error
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                record = json.loads(line)
                key = (str(record["task_id"]), int(record["sample"]))
            except (ValueError, KeyError, TypeError) as error:
                raise EvaluationError(
                    f"{path}, line {number} is damaged ({error}). Name another folder for a fresh run."
                ) from error
            if record.get("verdict") == "refused":
                # Nothing was run; it may work now.
                continue
            self.results[key] = record

    def add(self, record: Mapping[str, Any]) -> None:
        """Keep one finished result; it is on the disk when this returns.

        Raises:
            EvaluationError: it cannot be written; what was kept before stays.
        """
        line = json.dumps(record, ensure_ascii=True).encode() + b"\n"
        try:
            while line:
                line = line[self._file.write(line) or 0 :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error
        self.results[str(record["task_id"]), int(record["sample"])] = dict(record)

    def finish(self, report: Mapping[str, Any]) -> None:
        """Write the report, which makes the run a finished one."""
        self._write(self.folder / _REPORT, report)

    def _write(self, path: Path, document: Mapping[str, Any]) -> None:
        part = path.with_suffix(".part")
        try:
            part.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> EvaluationError:
        return EvaluationError(
            f"Cannot write to {self.folder}: {error.strerror or error}. What is finished stays there; free the disk or "
            "mend the folder's mode and run the same command to go on."
        )

    def close(self) -> None:
        """Let others use the folder."""
        self._file.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def open_journal(runs: Path, name: str, header: Mapping[str, Any], *, fresh: bool = False) -> Journal:
    """The newest unfinished run below ``runs`` of exactly this, unless ``fresh``; else a new folder.

    Raises:
        EvaluationError: a folder cannot be made.
    """
    candidates = [] if fresh else sorted(runs.glob(f"{name}-*"), reverse=True)
    for folder in candidates:
        if (folder / _REPORT).exists() or not (folder / _HEADER).exists():
            continue
        try:
            return Journal(folder, header)
        except EvaluationError as error:
            _log.info("not resumed: %s", error)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    number, folder = 1, runs / f"{name}-{stamp}"
    while folder.exists():
        number += 1
        folder = runs / f"{name}-{stamp}-{number}"
    return Journal(folder, header)
