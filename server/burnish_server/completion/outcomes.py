"""What became of predicted lines: did the author write exactly that?

Every prediction counts, shown or not, so that what is learned does not depend on what was shown. Nothing of the code is
kept beyond the line's end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from burnish_server.documents import SourceText

__all__ = ["LineOutcomes", "Prediction"]

#: Predictions of one line that are followed; the first ones say most, later ones repeat them.
_MOST_A_LINE = 3
_MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Prediction:
    """A whole line as it would be with the suggestion, and the model's calibrated confidence in it."""

    line: str
    confidence: float
    model: str


@dataclass(slots=True)
class _Line:
    """A line being written: the document left and right of it, its present text, and what was predicted."""

    head: str
    tail: str
    present: str
    predictions: list[Prediction]


class LineOutcomes:
    """Follows predicted lines until their author leaves them.

    Args:
        report: called once for every prediction, with whether the line became exactly that.
    """

    def __init__(self, report: Callable[[Prediction, bool], None]) -> None:
        self._report = report
        self._lines: dict[str, list[_Line]] = {}

    def predicted(
        self, uri: str, source: SourceText, offset: int, text: str, confidence: float, model: str
    ) -> None:
        """``text`` (one line's rest) was predicted at ``offset``; what stands right of the cursor goes."""
        start, end = source.line_span(source.line_of(offset))
        prediction = Prediction((source.text[start:offset] + text).rstrip(), confidence, model)
        head, tail = source.text[:start], source.text[end:]
        lines = self._lines.setdefault(uri, [])
        line = next((line for line in lines if line.head == head and line.tail == tail), None)
        if line is None:
            line = _Line(head, tail, source.text[start:end], [])
            lines.append(line)
            while len(lines) > _MOST_LINES:
                self._leave(lines.pop(0))
        known = any(other.line == prediction.line for other in line.predictions)
        if not known and len(line.predictions) < _MOST_A_LINE:
            line.predictions.append(prediction)

    def document_changed(self, uri: str, text: str) -> None:
        """A document has a new text: lines that its author has left are compared with what was predicted."""
        lines = self._lines.get(uri)
        if not lines:
            return
        staying = []
        for line in lines:
            inside = len(text) - len(line.tail)
            if inside >= len(line.head) and text.startswith(line.head) and text.endswith(line.tail):
                written = [part.rstrip("\r") for part in text[len(line.head) : inside].split("\n")]
                if len(written) == 1:
                    line.present = written[0]
                    staying.append(line)
                    continue
                # Something new stands above or below it; pressing Enter ends a line that was typed to the end.
                line.present = line.present if line.present in written else written[0]
            self._leave(line)
        self._lines[uri] = staying

    def document_closed(self, uri: str) -> None:
        """Forget a document; of lines that were not left nothing can be told."""
        self._lines.pop(uri, None)

    def _leave(self, line: _Line) -> None:
        if not line.present.strip():
            return
        for prediction in line.predictions:
            self._report(prediction, prediction.line == line.present.rstrip())
