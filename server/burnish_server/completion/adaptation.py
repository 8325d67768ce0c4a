"""The confidence gate learns from its user: outcomes are kept as numbers, and correct the model's calibration.

A file for each model, and for each adapter on it, holds a line ``confidence exact`` for every outcome: no code, no names,
no times. Several windows append to it side by side.
"""

from __future__ import annotations

import logging
import os
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish_server.completion.confidence import Judge
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.outcomes import LineOutcomes
from burnish_server.completion.recalibration import Outcome, Recalibration, floored_threshold

__all__ = ["Adaptation", "Corrected", "served_name"]

log = logging.getLogger(__name__)

#: Of all answers at least this share is shown, however often earlier ones were wrong.
LEAST_SHARE = 0.05
_KEPT = 1_000
#: A file with more lines than this is cut to the last :data:`_KEPT`.
_LONGEST = 4 * _KEPT
#: Outcomes between two fits, and between two writes.
_EVERY = 10
_RECENT = 300


def served_name(model: str, adapter: str | None) -> str:
    """What outcomes are kept by: another adapter is another model."""
    return model if adapter is None else f"{model}@{adapter[:16]}"


@dataclass(frozen=True, slots=True)
class Corrected:
    """A model's calibration with the user's correction."""

    base: Judge
    correction: Recalibration
    threshold: float

    def probability(self, logprobs: Sequence[float]) -> float:
        """Probability that a line with these token log-probabilities is exactly what this user writes."""
        return self.correction.apply(self.base.probability(logprobs))


class Adaptation:
    """Corrects judges by outcomes, and keeps those over restarts.

    Args:
        folder: where the files stand; ``None`` keeps nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._outcomes: dict[str, deque[Outcome]] = {}
        self._fresh: dict[str, list[Outcome]] = {}
        self._recent: dict[str, deque[float]] = {}
        self._fits: dict[str, Recalibration] = {}
        self._lines = LineOutcomes(
            lambda prediction, exact: self.outcome(prediction.model, prediction.confidence, exact=exact)
        )

    def predicted(self, request: CompletionRequest, text: str, confidence: float, model: str) -> None:
        """The model wrote ``text`` for the rest of a line; see what becomes of it."""
        self._recent.setdefault(model, deque(maxlen=_RECENT)).append(confidence)
        self._lines.predicted(request.uri, request.source, request.offset, text, confidence, model)

    def document_changed(self, uri: str, text: str) -> None:
        """A document has a new text."""
        self._lines.document_changed(uri, text)

    def document_closed(self, uri: str) -> None:
        """Forget a document; what is known so far is kept."""
        self._lines.document_closed(uri)
        self.flush()

    def judge(self, base: Judge, model: str, fallback: str = "") -> Judge:
        """``base`` corrected by what became of this model's earlier answers; ``base`` itself where there are few.

        A new adapter is judged like ``fallback``, the model without it, until it has outcomes enough of its own.
        """
        source = model if self._correction(model).knots else fallback or model
        correction = self._correction(source)
        if not correction.knots:
            return base
        recent = [correction.apply(confidence) for confidence in self._recent.get(source, ())]
        return Corrected(base, correction, floored_threshold(recent, base.threshold, LEAST_SHARE))

    def outcome(self, model: str, confidence: float, *, exact: bool) -> None:
        """An answer of this (uncorrected) confidence was exactly what the user wrote, or not."""
        outcome = Outcome(confidence, exact)
        self._known(model).append(outcome)
        fresh = self._fresh.setdefault(model, [])
        fresh.append(outcome)
        if len(fresh) >= _EVERY:
            self._fits.pop(model, None)
            self.flush()

    def flush(self) -> None:
        """Append to the files what came since the last time. A disk that is full or closed to us loses numbers only."""
        for model, fresh in self._fresh.items():
            if not fresh or self._folder is None:
                continue
            lines = "".join(f"{outcome.confidence:.4f} {int(outcome.accepted)}\n" for outcome in fresh)
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                with self._path(model).open("a", encoding="ascii") as file:
                    file.write(lines)
            except OSError as error:
                log.warning("What became of suggestions could not be kept: %s", error)
        self._fresh.clear()

    def _correction(self, model: str) -> Recalibration:
        if model not in self._fits:
            self._fits[model] = Recalibration.fit(list(self._known(model)))
        return self._fits[model]

    def _known(self, model: str) -> deque[Outcome]:
        if model not in self._outcomes:
            self._outcomes[model] = deque(self._read(model), maxlen=_KEPT)
        return self._outcomes[model]

    def _read(self, model: str) -> list[Outcome]:
        """The outcomes on file, lines that make no sense left out."""
        if self._folder is None:
            return []
        path = self._path(model)
        try:
            lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            log.warning("%s cannot be read: %s", path, error)
            return []
        if len(lines) > _LONGEST:
            lines = lines[-_KEPT:]
            self._shorten(path, lines)
        matches = (re.fullmatch(r"([01]\.\d{4}) ([01])", line) for line in lines[-_KEPT:])
        return [Outcome(float(match[1]), match[2] == "1") for match in matches if match is not None]

    @staticmethod
    def _shorten(path: Path, lines: list[str]) -> None:
        temporary = path.with_suffix(f".{os.getpid()}.part")
        try:
            temporary.write_text("\n".join(lines) + "\n", encoding="ascii")
            temporary.replace(path)
        except OSError as error:
            log.warning("%s could not be shortened: %s", path, error)
            temporary.unlink(missing_ok=True)

    def _path(self, model: str) -> Path:
        assert self._folder is not None
        return self._folder / (re.sub(r"[^\w.-]", "_", model)[:100] + ".txt")
