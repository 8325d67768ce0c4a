from __future__ import annotations

from lsprotocol import types

from burnish_server.workspace import BurnishWorkspace

URI = "file:///project/a%20b.py"


def change(workspace: BurnishWorkspace, text: str, version: int) -> None:
    workspace.update_text_document(
        types.VersionedTextDocumentIdentifier(version, URI),
        types.TextDocumentContentChangeWholeDocument(text),
    )


def test_an_open_document_follows_its_changes() -> None:
    workspace = BurnishWorkspace(None)
    workspace.put_text_document(types.TextDocumentItem(URI, "python", 1, "x = 1\n"))
    change(workspace, "x = 2\n", 2)
    assert workspace.get_text_document(URI).source == "x = 2\n"


def test_a_change_that_arrives_after_the_close_is_dropped() -> None:
    """VS Code's "Revert and Close Editor" closes the document and then sends one more change."""
    workspace = BurnishWorkspace(None)
    workspace.put_text_document(types.TextDocumentItem(URI, "python", 1, "x = 1\n"))
    workspace.remove_text_document(URI)
    change(workspace, "x = 2\n", 2)
    assert URI not in workspace.text_documents
