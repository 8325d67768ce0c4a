from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from burnish_server.learning.offers import progress, similarity
from burnish_server.learning.ranges import Edit, Span, plain, refined

TEXT = st.text(alphabet="ab(\n\r😀 ", max_size=40)


def applied(edits: list[Edit], text: str) -> str:
    for edit in edits:
        text = edit.applied(text)
    return text


def pieces(edit: Edit, before: str) -> list[Edit]:
    found, text = [], before
    for piece in refined(edit, before):
        found.append(piece)
        text = piece.applied(text)
    return found


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT, st.integers(0, 40), st.integers(0, 40))
@example("a\r\nb\n", "a\nb\r\n", 0, 40)
def test_pieces_of_an_edit_make_the_same_text(before: str, text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(before)), min(other, len(before))))
    edit = Edit(start, end, text)
    after = edit.applied(before)
    assert edit.minimal(before).applied(before) == after
    assert applied(pieces(edit, before), before) == after


@settings(max_examples=300, deadline=None)
@given(TEXT, st.text(alphabet="ab", max_size=4), st.integers(0, 40), st.integers(0, 3), st.integers(0, 44))
def test_a_moved_edit_makes_the_same_text(before: str, text: str, start: int, size: int, place: int) -> None:
    start = min(start, len(before))
    edit = Edit(start, min(len(before), start + size), text if not size else "")
    moved = edit.moved_to(before, min(place, len(before)))
    assert moved.applied(before) == edit.applied(before)


@pytest.mark.parametrize(
    ("before", "edit", "place", "moved"),
    [
        ("foo)", Edit(4, 4, ")"), 3, Edit(3, 3, ")")),
        ("foo)", Edit(3, 3, "a)"), 4, Edit(3, 3, "a)")),
        ("xx\nxx\n", Edit(3, 6, ""), 0, Edit(0, 3, "")),
        ("abc", Edit(1, 2, ""), 0, Edit(1, 2, "")),
    ],
)
def test_equal_characters_cannot_be_told_apart(before: str, edit: Edit, place: int, moved: Edit) -> None:
    assert edit.moved_to(before, place) == moved


@pytest.mark.parametrize(
    ("edit", "grown", "kept"),
    [
        (Edit(0, 0, "xx"), (6, 10), (6, 10)),
        (Edit(4, 4, "xx"), (4, 10), (6, 10)),
        (Edit(8, 8, "xx"), (4, 10), (4, 8)),
        (Edit(9, 9, "xx"), (4, 8), (4, 8)),
        (Edit(5, 6, ""), (4, 7), (4, 7)),
        (Edit(2, 4, ""), (2, 6), (2, 6)),
        (Edit(2, 6, "y"), (2, 5), (3, 5)),
        (Edit(6, 10, "y"), (4, 7), (4, 6)),
        (Edit(2, 10, "y"), (2, 3), (2, 2)),
        (Edit(4, 8, ""), (4, 4), (4, 4)),
    ],
)
def test_spans_follow_edits(edit: Edit, grown: tuple[int, int], kept: tuple[int, int]) -> None:
    one, other = Span(4, 8), Span(4, 8)
    one.grow(edit)
    other.keep(edit)
    assert (one.start, one.end) == grown
    assert (other.start, other.end) == kept


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab\n", min_size=1, max_size=30), st.data())
def test_spans_stay_inside_the_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    spans = [Span(start, data.draw(st.integers(start, len(text)))) for _ in range(2)]
    for _ in range(5):
        at = data.draw(st.integers(0, len(text)))
        edit = Edit(
            at, data.draw(st.integers(at, len(text))), data.draw(st.text(alphabet="ab\n", max_size=3))
        )
        for piece in refined(edit, text):
            spans[0].grow(piece)
            spans[1].keep(piece)
            text = piece.applied(text)
        for span in spans:
            assert 0 <= span.start <= span.end <= len(text)


def test_a_formatter_that_replaces_everything_leaves_what_it_does_not_change() -> None:
    before = "import os\nx=1\ny = compute(1)\nz=2\n"
    after = "import os\n\nx = 1\ny = compute(1)\nz = 2\n"
    span = Span(before.index("compute"), before.index("compute") + len("compute(1)"))
    for piece in pieces(Edit(0, len(before), after), before):
        span.keep(piece)
    assert span.of(after) == "compute(1)"


@pytest.mark.parametrize(
    ("content", "target", "right", "reached"),
    [
        ("", "foo(a)", "", 0),
        ("foo", "foo(a)", "", 3),
        ("foo()", "foo(a)", "", 4),
        ("foo(a)", "foo(a)", "", 6),
        ("foo(a) + 1", "foo(a)", "", 6),
        ("x)", "xy)", ")", 1),
        ("fo)", "foo", "", None),
        (")", "foo", "", None),
        ("bar", "foo", "", None),
        ("f('')", "f('a')", "", 3),
        ("f([{}])", "f([{1: 2}])", "", 4),
    ],
)
def test_how_far_one_is_along_a_text(content: str, target: str, right: str, reached: int | None) -> None:
    assert progress(content, target, right) == reached


def test_similarity_and_plain_line_ends() -> None:
    assert similarity("abcd", "abcd") == 1
    assert similarity("abcd", "") == 0
    assert similarity("abcd", "abxd") == 0.75
    assert similarity("ab", "x" * 50) == 0
    assert plain("a\r\nb\rc\n") == "a\nb\nc\n"
