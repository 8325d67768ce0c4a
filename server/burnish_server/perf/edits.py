"""Changes of a document as the protocol wants them."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from burnish_server.documents import SourceText
from burnish_server.learning.distance import changes
from burnish_server.perf.model import TextChange

__all__ = ["Target", "changes_between", "range_of", "workspace_edit"]


class Target:
    """A document to change: its address, version and text, and what the client understands."""

    def __init__(
        self,
        uri: str,
        version: int | None,
        source: SourceText,
        encoding: str,
        capabilities: types.ClientCapabilities,
    ) -> None:
        self.uri = uri
        self.version = version
        self.source = source
        self.encoding = encoding
        workspace = capabilities.workspace
        edits = workspace.workspace_edit if workspace else None
        #: Whether edits can name the version that they are for.
        self.versioned = bool(edits and edits.document_changes)
        #: Whether edits can ask to be confirmed.
        self.annotated = bool(edits and edits.change_annotation_support) and self.versioned


def range_of(source: SourceText, start: int, end: int, encoding: str) -> types.Range:
    """A range of the protocol."""
    return types.Range(
        types.Position(*source.position_at(start, encoding)),
        types.Position(*source.position_at(end, encoding)),
    )


def workspace_edit(
    target: Target, made: Iterable[TextChange], confirm: str = "", label: str = "Burnish: weakly tested"
) -> types.WorkspaceEdit:
    """An edit of one document, for the version that its offsets belong to.

    Args:
        confirm: why the user should look before it is applied; empty where they need not. label: what that is called.
    """
    edits = [
        (range_of(target.source, one.start, one.end, target.encoding), one.text)
        for one in made
        if (one.start, one.end, one.text) != (one.start, one.start, "")
    ]
    if not target.versioned:
        return types.WorkspaceEdit(changes={target.uri: [types.TextEdit(*edit) for edit in edits]})
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri=target.uri, version=target.version)
    if confirm and target.annotated:
        note = types.ChangeAnnotation(label, needs_confirmation=True, description=confirm)
        marked = [types.AnnotatedTextEdit("weak", where, text) for where, text in edits]
        return types.WorkspaceEdit(
            document_changes=[types.TextDocumentEdit(identifier, marked)], change_annotations={"weak": note}
        )
    plain = [types.TextEdit(where, text) for where, text in edits]
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, plain)])


def changes_between(before: str, after: str) -> list[TextChange]:
    """What leads from one text to the other, in whole lines."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    return [TextChange(starts[a], starts[b], "".join(new[c:d])) for a, b, c, d in changes(old, new)]
