from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace.position_codec import PositionCodec

from burnish_server.documents import SourceText, index_of_units, units_of_index
from burnish_server.workspace import BurnishDocument

ENCODINGS = ["utf-8", "utf-16", "utf-32"]
TEXT = st.text(alphabet=st.sampled_from('ab \t"(\r\n\x0c\x85\u2028é中😀👍🏽\ufeff'), max_size=60)


@pytest.mark.parametrize(
    ("line", "units", "encoding", "index"),
    [
        ("abc", 2, "utf-16", 2),
        ("abc", 9, "utf-16", 3),
        ("abc", -1, "utf-16", 0),
        ("😀x", 2, "utf-16", 1),
        ("😀x", 1, "utf-16", 0),
        ("😀x", 4, "utf-8", 1),
        ("😀x", 3, "utf-8", 0),
        ("😀x", 1, "utf-32", 1),
        ("é😀é", 3, "utf-16", 2),
        ("\ufeffx", 1, "utf-16", 1),
        ("\ud83dx", 1, "utf-16", 1),
        ("\tx", 1, "utf-16", 1),
    ],
)
def test_index_of_units(line: str, units: int, encoding: str, index: int) -> None:
    assert index_of_units(line, units, encoding) == index


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("", [0]),
        ("a", [0]),
        ("a\n", [0, 2]),
        ("a\r\nb\rc\n", [0, 3, 5, 7]),
        ("a\x0cb\u2028c\x85\n", [0, 7]),
        ("\r\r\n\n", [0, 1, 3, 4]),
    ],
)
def test_line_starts(text: str, starts: list[int]) -> None:
    assert SourceText(text).line_starts == starts


@given(TEXT, st.data())
def test_positions_survive_a_round_trip(text: str, data: st.DataObject) -> None:
    source = SourceText(text)
    line = data.draw(st.integers(0, source.line_count - 1))
    start, end = source.line_span(line)
    offset = data.draw(st.integers(start, end))
    encoding = data.draw(st.sampled_from(ENCODINGS))
    assert source.offset_at(*source.position_at(offset, encoding), encoding) == offset


@given(TEXT)
def test_lines_put_together_give_the_text(text: str) -> None:
    source = SourceText(text)
    spans = [source.line_span(line) for line in range(source.line_count)]
    ends = [*source.line_starts[1:], len(text)]
    assert "".join(text[start:end] for (start, _), end in zip(spans, ends, strict=True)) == text
    for (_, end), following in zip(spans, ends, strict=True):
        assert text[end:following] in {"", "\n", "\r\n", "\r"}
        assert "\n" not in text[spans[0][0] : spans[0][1]]


@given(st.text(max_size=20), st.integers(0, 60), st.sampled_from(ENCODINGS))
def test_units_never_point_inside_a_character(line: str, units: int, encoding: str) -> None:
    index = index_of_units(line, units, encoding)
    assert 0 <= index <= len(line)
    assert units_of_index(line, index, encoding) <= max(units, 0)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newline_of_the_file(newline: str) -> None:
    assert SourceText(f"a{newline}b{newline}").newline == newline
    assert SourceText("a").newline == "\n"


def _document(text: str) -> BurnishDocument:
    codec = PositionCodec(types.PositionEncodingKind.Utf16)
    return BurnishDocument("file:///a.py", text, 1, "python", position_codec=codec)


def _edit(line: int, first: int, last: int, text: str) -> types.TextDocumentContentChangePartial:
    where = types.Range(types.Position(line, first), types.Position(line, last))
    return types.TextDocumentContentChangePartial(range=where, text=text)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("a\nb\n", _edit(1, 1, 1, "x"), "a\nbx\n"),
        ("a\x0c\nb\n", _edit(1, 0, 1, "x"), "a\x0c\nx\n"),
        ("'😀'\n", _edit(0, 4, 4, ")"), "'😀')\n"),
        ("a\r\nb", _edit(0, 1, 1, "\r\n"), "a\r\n\r\nb"),
        ("a", _edit(0, 99, 99, "!"), "a!"),
        ("a\n", _edit(1, 0, 0, "b"), "a\nb"),
        ("a\n", _edit(7, 0, 0, "b"), "a\nb"),
    ],
)
def test_incremental_changes(before: str, change: types.TextDocumentContentChangePartial, after: str) -> None:
    document = _document(before)
    document.apply_change(change)
    assert document.snapshot.text == after
    assert document.tree.text == after


def test_a_snapshot_is_made_once_per_version() -> None:
    document = _document("a\n")
    first = document.snapshot
    assert document.snapshot is first
    document.apply_change(_edit(0, 1, 1, "b"))
    assert document.snapshot.text == "ab\n"
    assert first.text == "a\n"
