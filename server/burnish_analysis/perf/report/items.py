"""One thing told about a file, whatever found it: the shape that all output formats share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from burnish_analysis.perf.catalogue import Gain
from burnish_analysis.perf.report.places import Range
from burnish_analysis.perf.settings import Severity

__all__ = ["Change", "Item", "Kind"]

Kind = Literal["perf", "refactor", "metric"]


@dataclass(frozen=True, slots=True)
class Change:
    """Put ``text`` in place of a range."""

    range: Range
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something found in a file.

    Attributes:
        path: the file, as the user would name it. message: a sentence. fixable: whether there is a fix.
        severity: how loudly it is told. column: of the beginning, in characters from 1.
        certainty: ``exact`` or ``possible``; what could not be shown is in ``unknown``.
        gain: what the rule was measured to gain. function: the dotted name of the function around, or empty.
        fingerprint: the same as long as the code found is the same, wherever it moves in its file.
        fix_title, changes: the fix, its imports included.
    """

    rule: str
    kind: Kind
    path: str
    range: Range
    message: str
    fixable: bool
    severity: Severity = Severity.HINT
    column: int = 1
    certainty: str = "exact"
    unknown: tuple[str, ...] = ()
    gain: Gain | None = None
    function: str = ""
    fingerprint: str = ""
    fix_title: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def line(self) -> int:
        """The line it begins on, from 1."""
        return self.range.start.line + 1

    def as_dict(self) -> dict[str, Any]:
        """One entry of ``burnish check --json``."""
        gain = self.gain
        return {
            "rule": self.rule,
            "kind": self.kind,
            "path": self.path,
            "range": self.range.as_dict(),
            "message": self.message,
            "fixable": self.fixable,
            "certainty": self.certainty,
            "unknown": list(self.unknown),
            "severity": str(self.severity),
            "gain": gain and {"median": gain.median, "low": gain.low, "high": gain.high, "size": gain.size},
            "line": self.line,
            "column": self.column,
            "function": self.function,
        }
