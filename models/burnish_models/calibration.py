"""How often a model is right when it says how sure it is.

A model's own probability of an answer, the exponential of its summed log-probabilities, is not the share of
such answers that turn out exactly right. A calibration maps the one to the other by a monotone,
piecewise-linear function fitted on held-out code by isotonic regression, and carries the threshold below
which nothing is shown.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish_models.errors import CalibrationError
from burnish_models.paths import write_atomically

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["CALIBRATION_SUFFIX", "Calibration", "calibration_path"]

#: Added to a model file's name to name its calibration.
CALIBRATION_SUFFIX = ".calibration.json"
_FORMAT = 1
_LEAST_SAMPLES = 20
_MOST_KNOTS = 64


def calibration_path(model: Path) -> Path:
    """Where the calibration of the model file ``model`` lies: next to it."""
    return model.with_name(model.name + CALIBRATION_SUFFIX)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted map from summed log-probabilities (nats) to the probability of an exactly right answer.

    ``knots`` are (sum, probability) pairs, sums strictly rising and probabilities never falling; between
    knots the map is linear, outside it is constant. No knots at all mean the identity, which believes the
    model. ``samples`` is the number of answers it was fitted on; ``model_sha256`` names the model file it
    was fitted for.
    """

    knots: tuple[tuple[float, float], ...] = ()
    threshold: float = 0.5
    samples: int = 0
    model_sha256: str | None = None

    def __post_init__(self) -> None:
        """Refuse knots that are no monotone map of finite sums to probabilities.

        Raises:
            CalibrationError: with what is wrong.
        """
        if not all(math.isfinite(x) and 0.0 <= y <= 1.0 for x, y in self.knots):
            raise CalibrationError(
                "A calibration's knots must be finite sums with probabilities from 0 to 1."
            )
        if any(x0 >= x1 or y0 > y1 for (x0, y0), (x1, y1) in pairwise(self.knots)):
            raise CalibrationError("A calibration's sums must rise and its probabilities must not fall.")
        if not 0.0 <= self.threshold <= 1.0:
            raise CalibrationError(f"A calibration's threshold must lie from 0 to 1, not {self.threshold}.")
        if self.samples < 0:
            raise CalibrationError(f"A calibration's number of samples cannot be {self.samples}.")

    def probability(self, logprobs: Sequence[float]) -> float:
        """Probability that the answer with these log-probabilities (nats, one a token) is exactly right.

        No tokens at all, or a sum that is not a number, give 0.
        """
        if not logprobs:
            return 0.0
        total = math.fsum(logprobs)
        if math.isnan(total):
            return 0.0
        if not self.knots:
            return min(1.0, math.exp(min(total, 0.0)))
        after = bisect_right(self.knots, total, key=itemgetter(0))
        if after == 0 or after == len(self.knots):
            return self.knots[max(0, after - 1)][1]
        (x0, y0), (x1, y1) = self.knots[after - 1 : after + 1]
        # Rounding may not lead past the next knot.
        return min(y0 + (y1 - y0) * (total - x0) / (x1 - x0), y1)

    @classmethod
    def default(cls) -> Calibration:
        """The identity: the model's own probability, threshold 0.5."""
        return cls()

    @classmethod
    def fit(
        cls,
        sums: ArrayLike,
        correct: ArrayLike,
        *,
        threshold: float = 0.5,
        model_sha256: str | None = None,
    ) -> Calibration:
        """Fit by isotonic regression (pool adjacent violators) on held-out answers.

        Args:
            sums: summed log-probabilities, shape (n,), finite.
            correct: whether each answer was exactly right, shape (n,).
            threshold: probability below which nothing is shown.
            model_sha256: the model file the answers came from.

        Each pooled block's share is smoothed as (right + 1/2) / (answers + 1), so that a few answers at an
        end never claim certainty; the smoothing keeps the map monotone by pooling once more.

        Raises:
            CalibrationError: too few answers, or not the shapes and values said above.
        """
        # Only fitting needs numpy; a server that only asks for probabilities starts faster without it.
        import numpy as np

        x = np.asarray(sums, dtype=np.float64)
        y = np.asarray(correct, dtype=np.float64)
        if x.ndim != 1 or x.shape != y.shape or len(x) < _LEAST_SAMPLES:
            raise CalibrationError(
                f"A calibration needs at least {_LEAST_SAMPLES} answers, one sum and one verdict each; got "
                f"shapes {x.shape} and {y.shape}."
            )
        if not np.isfinite(x).all() or not np.isin(y, (0.0, 1.0)).all():
            raise CalibrationError("A calibration needs finite sums and verdicts that are right or wrong.")
        blocks = _smoothed(_pool(x, y))
        return cls(knots=_knots(blocks), threshold=threshold, samples=len(x), model_sha256=model_sha256)

    def save(self, path: Path) -> None:
        """Write the calibration as JSON, atomically.

        Raises:
            OSError: the folder cannot be written to.
        """
        document = {
            "format": _FORMAT,
            "model_sha256": self.model_sha256,
            "samples": self.samples,
            "threshold": self.threshold,
            "knots": [list(knot) for knot in self.knots],
        }
        write_atomically(path, json.dumps(document, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read a calibration that :meth:`save` wrote.

        Raises:
            CalibrationError: missing, unreadable, or not a calibration; says what to do.
        """
        advice = "Remove it to use the model's own probabilities, or fetch the model again."
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CalibrationError(f"Cannot read the calibration {path}: {error}. {advice}") from error
        try:
            return cls._from_document(document)
        except (CalibrationError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise CalibrationError(f"{path} is not a calibration: {error!s}. {advice}") from error

    @classmethod
    def _from_document(cls, document: Any) -> Calibration:
        if not isinstance(document, dict) or document.get("format") != _FORMAT:
            raise CalibrationError(f"it does not say format {_FORMAT}")
        sha256 = document.get("model_sha256")
        return cls(
            knots=tuple((float(x), float(y)) for x, y in document["knots"]),
            threshold=float(document["threshold"]),
            samples=int(document["samples"]),
            model_sha256=None if sha256 is None else str(sha256),
        )


def _pool(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[float, float, float]]:
    """Pool adjacent violators: blocks of (sum of x, sum of y, count) whose shares rise. Equal sums stay
    together."""
    import numpy as np

    values, inverse = np.unique(x, return_inverse=True)
    counts = np.bincount(inverse).astype(np.float64)
    rights = np.bincount(inverse, weights=y)
    blocks: list[tuple[float, float, float]] = []
    for value, right, count in zip(values.tolist(), rights.tolist(), counts.tolist(), strict=True):
        blocks.append((value * count, right, count))
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
            (xa, ya, na), (xb, yb, nb) = blocks[-2:]
            blocks[-2:] = [(xa + xb, ya + yb, na + nb)]
    return blocks


def _smoothed(blocks: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """(mean sum, smoothed share, weight) of each block, pooled once more where the smoothing broke the
    order."""
    out: list[tuple[float, float, float]] = []
    for total, right, count in blocks:
        out.append((total / count, (right + 0.5) / (count + 1.0), count))
        while len(out) > 1 and out[-2][1] >= out[-1][1]:
            (xa, pa, na), (xb, pb, nb) = out[-2:]
            n = na + nb
            out[-2:] = [((xa * na + xb * nb) / n, (pa * na + pb * nb) / n, n)]
    return out


def _knots(blocks: Sequence[tuple[float, float, float]]) -> tuple[tuple[float, float], ...]:
    """At most ``_MOST_KNOTS`` knots with strictly rising sums: the ends and evenly chosen blocks between."""
    most = min(len(blocks), _MOST_KNOTS)
    chosen = sorted({round(i * (len(blocks) - 1) / max(1, most - 1)) for i in range(most)})
    knots: list[tuple[float, float]] = []
    for index in chosen:
        x, y, _ = blocks[index]
        if not knots or x > knots[-1][0]:
            knots.append((x, y))
    return tuple(knots)
