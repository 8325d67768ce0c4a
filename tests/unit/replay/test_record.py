"""Recorded traces: the same for the same seed, true to the source, honest about positions."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_server.documents import SourceText
from burnish_server.replay.errors import ProjectError, TraceError
from burnish_server.replay.project import materialise, read_sources, regions_of
from burnish_server.replay.record import record
from burnish_server.replay.trace import Trace, load_trace, save_trace, states

ALL = 1e9


def recorded(project: Path, *, seed: int = 1, minutes: float = ALL, files: int = 9) -> Trace:
    return record(read_sources(project), project.name, seed=seed, files=files, minutes=minutes)


def test_the_same_seed_gives_the_same_trace_and_another_does_not(project: Path) -> None:
    assert recorded(project) == recorded(project)
    assert recorded(project).events != recorded(project, seed=2).events


@pytest.mark.parametrize("seed", range(8))
def test_what_was_taken_out_is_typed_back(project: Path, seed: int) -> None:
    trace = recorded(project, seed=seed)
    texts = dict(trace.files)
    for event, text in states(trace):
        texts[event.path] = text
    assert set(texts) == {"shop.py", "parts/stock.py"}
    for name, text in texts.items():
        assert text.encode() == (project / name).read_bytes()
        assert trace.files[name] != text


def test_every_edit_leaves_the_caret_where_it_says(project: Path) -> None:
    seen_wide = False
    for event, text in states(recorded(project)):
        source = SourceText(text)
        offset = source.offset_at(*event.caret)
        assert source.position_at(offset, "utf-16") == event.caret
        seen_wide = seen_wide or event.caret != source.position_at(offset, "utf-32")
        if event.is_edit and event.rest is not None and len(event.key) == 1:
            assert text[:offset].endswith(event.key) or event.key in ")]}\"'"
    assert seen_wide, "no caret stood right of a character of two units"


def test_the_rest_of_a_line_is_what_the_author_wrote(project: Path) -> None:
    final = {name: (project / name).read_bytes().decode() for name in ("shop.py", "parts/stock.py")}
    lines = {line for text in final.values() for line in text.replace("\r\n", "\n").split("\n")}
    checked = 0
    for event, text in states(recorded(project)):
        if not event.is_edit or event.rest is None:
            continue
        source = SourceText(text)
        begin, _ = source.line_span(event.caret[0])
        assert text[begin : source.offset_at(*event.caret)] + event.rest in lines
        checked += 1
    assert checked > 500


def test_line_ends_stay_as_they_are(project: Path) -> None:
    for event, text in states(recorded(project)):
        if event.path == "parts/stock.py":
            assert text.count("\n") == text.count("\r\n")
            assert event.key != "Enter" or event.text.startswith("\r\n")


def test_an_editor_closes_indents_and_forgives(project: Path) -> None:
    trace = recorded(project)
    edits = [event for event in trace.events if event.is_edit]
    assert any(event.text == "()" for event in edits)
    assert any(event.key == ")" and event.start != event.end for event in edits), "no closer was stepped over"
    assert any(event.key == "Enter" and event.text == "\n" + " " * 12 for event in edits)
    assert any(event.key == "Backspace" and event.rest is not None for event in edits)
    assert {event.landing for event in edits} == {"", "open", "jump", "switch"}
    assert any(event.seen for event in edits)
    assert all(event.pause_ms > 0 for event in trace.events)


def test_a_trace_ends_after_its_minutes(project: Path) -> None:
    assert 0.1 <= recorded(project, minutes=0.1).minutes < 1.5


def test_regions_leave_signatures_and_docstrings(project: Path) -> None:
    source = next(source for source in read_sources(project) if source.path == "shop.py")
    taken = [source.lines[region.first] for region in regions_of(source)]
    assert taken == ["    amount = 0", "        self.owner = owner", ""]


def test_a_trace_on_disk_is_the_trace(project: Path, tmp_path: Path) -> None:
    trace = recorded(project)
    save_trace(trace, tmp_path / "a.jsonl")
    assert load_trace(tmp_path / "a.jsonl") == trace


def test_a_trace_that_cannot_be_written_says_so(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TraceError, match="cannot be kept"):
        save_trace(recorded(project, minutes=0.1), tmp_path / "file" / "a.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "shop"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ('{"format": 9}\n', "line 1"),
        ('{"format": 1, "project": "p", "seed": 1}\nnot json\n', "line 2"),
        ('{"format": 1, "project": "p", "seed": 1}\n{"kind": "edit", "path": "a.py"}\n', "line 2"),
        (
            '{"format": 1, "project": "p", "seed": 1}\n'
            '{"kind": "jump", "path": "a.py", "pause_ms": 1, "caret": [0, 0]}\n',
            "not given",
        ),
    ],
)
def test_what_is_no_trace_is_refused_by_line(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(TraceError, match=says):
        load_trace(path)
    with pytest.raises(TraceError, match="Cannot read"):
        load_trace(tmp_path / "missing.jsonl")


def test_a_folder_without_source_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="No Python file"):
        read_sources(tmp_path)
    (tmp_path / "flat.py").write_text("x = 1\n" * 100)
    with pytest.raises(ProjectError, match="No function"):
        record(read_sources(tmp_path), "flat", seed=1, files=1, minutes=1)


def test_the_copy_does_not_hold_what_will_be_typed(project: Path, tmp_path: Path) -> None:
    trace = recorded(project, files=1)
    materialise(project, trace, tmp_path / "copy")
    (name,) = trace.files
    assert (tmp_path / "copy" / name).read_bytes().decode() == trace.files[name]
    other = ({"shop.py", "parts/stock.py"} - {name}).pop()
    assert (tmp_path / "copy" / other).read_bytes() == (project / other).read_bytes()
