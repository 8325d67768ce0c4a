"""Answers as they come, one JSON object a line, so that a killed gate does not ask again."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path

from burnish_training.gate.errors import GateError
from burnish_training.gate.stack import Answer

__all__ = ["AnswerJournal"]

_log = logging.getLogger(__name__)


class AnswerJournal:
    """Answers by variant and number of the case; a line that was written in part is dropped, a damaged file begun anew."""

    def __init__(self, path: Path, identity: str) -> None:
        self._path, self._identity = path, identity
        self.answers: dict[tuple[str, int], Answer] = {}
        self.nats: dict[str, list[float]] = {}
        self._read()

    def _read(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise GateError(f"Cannot read {self._path}: {error.strerror or error}.") from error
        whole = data[: data.rfind(b"\n") + 1]
        lines = whole.splitlines()
        if lines and lines[0].decode("utf-8", "replace") == self._identity and self._take_all(lines[1:]):
            if len(whole) != len(data):
                os.truncate(self._path, len(whole))
        else:
            self._append(self._identity, "w")

    def _take_all(self, lines: list[bytes]) -> bool:
        """Take what other sessions wrote; whether all of it is sound. After a power cut it may not be."""
        try:
            for line in lines:
                self._take(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            _log.warning("%s is damaged (%s). The gate asks again.", self._path, error)
            self.answers.clear()
            self.nats.clear()
            return False
        return True

    def _take(self, entry: dict[str, object]) -> None:
        variant = str(entry["variant"])
        if "nats" in entry:
            self.nats[variant] = [float(x) for x in entry["nats"]]  # type: ignore[attr-defined]
        else:
            self.answers[variant, int(str(entry["case"]))] = Answer(**entry["answer"])  # type: ignore[arg-type]

    def add(self, variant: str, case: int, answer: Answer) -> None:
        """Keep an answer."""
        self.answers[variant, case] = answer
        self._append(json.dumps({"variant": variant, "case": case, "answer": asdict(answer)}))

    def add_general(self, variant: str, nats: list[float]) -> None:
        """Keep the nats of the texts of general code."""
        self.nats[variant] = nats
        self._append(json.dumps({"variant": variant, "nats": nats}))

    def _append(self, line: str, mode: str = "a") -> None:
        try:
            with self._path.open(mode, encoding="utf-8", newline="\n") as file:
                file.write(line + "\n")
        except OSError as error:
            raise GateError(
                f"Cannot write {self._path}: {error.strerror or error}. Make room on the disk; the next run goes on from here."
            ) from error
