"""Findings and verdicts made up for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from burnish_analysis.verify.model import Verdict
from burnish_server.perf.model import Found, TextChange

TESTED = Verdict("equivalent", "tested", inputs=9, evidence="equivalent on 9 inputs", faster=True)


def found(start: int = 0, end: int = 0, **fields: Any) -> Found:
    base = Found(
        key=f"k{start}",
        rule="r",
        start=start,
        end=end,
        message="It is slow.",
        exact=True,
        unknown=(),
        title="Make it fast",
        changes=(TextChange(start, end, "x"),),
        own=(start, end),
        function="f",
        lines=(0, 0),
        inside=True,
    )
    return replace(base, **fields)
