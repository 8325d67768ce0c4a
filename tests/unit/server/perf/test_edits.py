"""Edits as the protocol wants them, and the rules' pages."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from burnish_server.documents import SourceText
from burnish_server.perf.edits import Target, changes_between, workspace_edit
from burnish_server.perf.model import RuleText, TextChange
from burnish_server.perf.pages import write_pages


def test_edits_name_their_version_or_do_without() -> None:
    capabilities = types.ClientCapabilities()
    source = SourceText("s = '𐐀'; slow()\r\n")
    start = source.text.index("slow()")
    made = [TextChange(start, start + 6, "fast()")]
    bare = workspace_edit(Target("file:///a.py", 3, source, "utf-16", capabilities), made)
    assert bare.changes is not None
    (edit,) = bare.changes["file:///a.py"]
    assert (edit.range.start.character, edit.range.end.character) == (start + 1, start + 7)
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    capabilities = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(workspace_edit=edits))
    target = Target("file:///a.py", 3, source, "utf-16", capabilities)
    versioned = workspace_edit(target, made, "weak, so look first")
    assert versioned.document_changes is not None
    (change,) = versioned.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == 3
    # A client that knows no annotations gets none.
    assert versioned.change_annotations is None


@settings(max_examples=100, deadline=None)
@given(st.text("ab\n\r\x0c", max_size=40), st.text("ab\n\r\x0c", max_size=40))
def test_what_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    text = before
    for change in reversed(changes_between(before, after)):
        text = change.applied(text)
    assert text == after


def test_pages_are_written_once_and_mended(tmp_path: Path) -> None:
    rules = {
        "a-rule": RuleText("It does", "slow\n", "fast\n", "Why.", ("this holds",), ("https://x.example",))
    }
    pages = write_pages(tmp_path, rules)
    file = tmp_path / "rules" / "a-rule.md"
    assert pages == {"a-rule": file.as_uri()}
    text = file.read_text()
    assert "this holds" in text
    file.write_text("something else")
    write_pages(tmp_path, rules)
    assert file.read_text() == text
    assert [path.name for path in file.parent.iterdir()] == ["a-rule.md"]
    (tmp_path / "file").touch()
    assert write_pages(tmp_path / "file", rules) == {}
