"""Findings keep their places through edits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish_server.learning.ranges import Edit
from burnish_server.perf.held import Held, moved
from tests.unit.server.perf.made import found


def shifted(text: str, word: str, *edits: Edit) -> str | None:
    """What stands where ``word`` was found, after edits; None where that finding is gone."""
    start = text.index(word)
    held = moved([Held(found(start, start + len(word)), start, start + len(word))], edits, text)
    for edit in edits:
        text = edit.applied(text)
    return text[held[0].start : held[0].end] if held else None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_finding_keeps_its_place_while_its_lines_are_left_alone(end: str) -> None:
    text = end.join(["first", "  slow(", "  it)", "last"])
    assert shifted(text, "slow(", Edit(0, 0, f"new{end}")) == "slow("
    assert shifted(text, "slow(", Edit(0, 5, "")) == "slow("
    assert shifted(text, "slow(", Edit(len(text), len(text), "x")) == "slow("
    assert shifted(text, "slow(", Edit(0, 0, "a"), Edit(0, 1, "")) == "slow("
    line = text.index("  slow(")
    # A whole line put before it, an end put after it.
    assert shifted(text, "slow(", Edit(line, line, f"new{end}")) == "slow("
    after = text.index("slow(") + 5
    assert shifted(text, "slow(", Edit(after, after, f"{end}new")) == "slow("


def test_a_finding_on_a_touched_line_is_gone() -> None:
    text = "first\n  slow(\n  it)\nlast"
    for edit in (
        Edit(6, 6, "x"),
        Edit(text.index("(") + 1, text.index("(") + 1, "x"),
        Edit(5, 6, ""),
        Edit(0, len(text), "nothing of it"),
    ):
        assert shifted(text, "slow(", edit) is None
    # A client that sends the whole document touches only what differs.
    assert shifted(text, "slow(", Edit(0, len(text), "0th\n" + text)) == "slow("


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_kept_says_what_it_said(data: st.DataObject) -> None:
    text = (
        data.draw(st.text("ab\n\r𐐀", max_size=30)) + "\nslow it\n" + data.draw(st.text("ab\n\r", max_size=30))
    )
    edits, present = [], text
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(present)))
        end = data.draw(st.integers(start, min(len(present), start + 6)))
        edits.append(Edit(start, end, data.draw(st.text("ab\n\r", max_size=4))))
        present = edits[-1].applied(present)
    assert shifted(text, "slow it", *edits) in (None, "slow it")
