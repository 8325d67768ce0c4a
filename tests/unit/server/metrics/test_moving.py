"""Figures keep their places while the text is edited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish_server.learning.ranges import Edit
from burnish_server.metrics.model import Decision, Function, Measured, Told
from burnish_server.metrics.moving import moved

TEXT = "import a\n\n\ndef one(x):\n    if x:\n        return 1\n    return 2\n\n\ndef two(y):\n    return y if y else 3\n"


def function(name: str, decision: str) -> Function:
    first = TEXT.index(f"def {name}")
    last = TEXT.index("\n\n\n", first) if "\n\n\n" in TEXT[first:] else len(TEXT) - 1
    start = first + len("def ")
    decided = (Decision(TEXT.index(decision), "if", 1, 0),)
    return Function(name, start, start + 3, first, last, 2, "A", 1, 4, 0.0, (), decided)


def measured() -> Measured:
    one, two = function("one", "if x"), function("two", "y if y")
    return Measured((one, two), (Told("complex-function", two.start, two.end, "said", ""),))


def after(*edits: Edit) -> tuple[Measured, str]:
    text = TEXT
    for edit in edits:
        text = edit.applied(text)
    return moved(measured(), edits, TEXT), text


def names(found: Measured, text: str) -> list[str]:
    return [text[one.start : one.end] for one in found.functions]


def inserted(place: int, text: str) -> Edit:
    return Edit(place, place, text)


@pytest.mark.parametrize(
    "edit",
    [
        inserted(0, "import (\n"),
        inserted(TEXT.index("def one"), "@cache\n"),
        inserted(TEXT.index("    if x"), "    x = (\n"),
        Edit(TEXT.index("import"), TEXT.index("def one"), ""),
        inserted(len(TEXT), "x\n"),
    ],
)
def test_names_and_decisions_move_with_the_text(edit: Edit) -> None:
    found, text = after(edit)
    assert names(found, text) == ["one", "two"]
    assert [text[one.first :].split("(")[0] for one in found.functions] == ["def one", "def two"]
    assert text[found.functions[0].decisions[0].start :].startswith("if x")
    assert text[found.told[0].start : found.told[0].end] == "two"


def test_a_name_that_is_written_on_keeps_its_figures() -> None:
    place = TEXT.index("one(x)")
    for at, new in ((place + 3, "more"), (place + 1, "bj"), (place, "s")):
        found, text = after(inserted(at, new))
        assert len(found.functions) == 2
        assert text[found.functions[0].end] == "("
    found, text = after(Edit(place + 1, place + 3, ""))
    assert names(found, text) == ["o", "two"]
    found, text = after(inserted(place + 3, "\n"))
    assert names(found, text) == ["one", "two"]


def test_a_function_that_is_taken_away_takes_its_figures_along() -> None:
    found, text = after(Edit(TEXT.index("def two"), len(TEXT), ""))
    assert (names(found, text), found.told) == (["one"], ())
    # An editor that sends whole texts changes little of most of them.
    found, text = after(Edit(0, len(TEXT), "# new\n" + TEXT.replace("    if x", "    if (x")))
    assert names(found, text) == ["one", "two"]


@given(
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 40), st.text("ab \n(:", max_size=12)), max_size=6)
)
def test_spans_stay_within_the_text_and_in_order(steps: list[tuple[int, int, str]]) -> None:
    text, edits = TEXT, []
    for start, size, new in steps:
        begin = min(start, len(text))
        edits.append(Edit(begin, min(begin + size, len(text)), new))
        text = edits[-1].applied(text)
    found = moved(measured(), edits, TEXT)
    for one in found.functions:
        assert 0 <= one.start <= one.end <= len(text)
        assert 0 <= one.first <= one.last <= len(text)
        assert all(0 <= each.start <= len(text) for each in one.decisions)
