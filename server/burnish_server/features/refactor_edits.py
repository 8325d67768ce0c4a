"""Changes of several files as the protocol wants them, applied as one edit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_analysis.errors import FileError
from burnish_analysis.perf.files import read_source
from burnish_server.documents import SourceText
from burnish_server.excluded import file_of
from burnish_server.perf.edits import range_of
from burnish_server.perf.model import TextChange
from burnish_server.perf.worker_process import AnalyserError
from burnish_server.refactor.model import Changes, stamp_of
from burnish_server.refactor.words import NOT_RUN

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["changes_of", "edit_of"]

_CHANGED = "{} has changed meanwhile, so nothing was done. Ask for it again."
_LOOK = "preview"


async def changes_of(
    server: BurnishServer, uri: str, span: tuple[int, int], id: str, answers: dict[str, str]
) -> Changes:
    """The changes of a refactoring at a cursor or selection (offsets into the document's present text).

    Raises:
        JsonRpcInvalidParams: it cannot be done; a sentence for users.
    """
    service, path = server.refactor, Path(file_of(uri))
    if service.document(uri) is None or not path.name:
        raise JsonRpcInvalidParams("Burnish does not look at this file: it is not open Python, or excluded.")
    root = service.root(path)
    try:
        return await service.process.perform(root, path, service.overlay(root), span, id, answers)
    except AnalyserError as error:
        raise JsonRpcInvalidParams(str(error)) from None


def edit_of(server: BurnishServer, changes: Changes, look_first: str = "") -> types.WorkspaceEdit:
    """One edit for all files, for the versions and texts that the changes belong to.

    Args:
        look_first: why the user should look at it before it is applied; empty where they need not.

    Raises:
        JsonRpcInvalidParams: a text is not what it was any more, or the client cannot do such an edit.
    """
    client = _Client(server)
    note = _LOOK if look_first and client.annotates else None
    edits = {path: _in_file(server, path, made, changes.stamps[path]) for path, made in changes.edits.items()}
    if not client.versions:
        if changes.created or changes.moved or changes.removed:
            raise JsonRpcInvalidParams(
                "This editor cannot create or move files for Burnish, so nothing was done."
            )
        return types.WorkspaceEdit(
            changes={
                identifier.uri: [types.TextEdit(*one) for one in made] for identifier, made in edits.values()
            }
        )
    parts: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for path, text in changes.created.items():
        client.check(types.ResourceOperationKind.Create)
        parts.append(types.CreateFile(path.as_uri(), annotation_id=note))
        begin = types.Range(types.Position(0, 0), types.Position(0, 0))
        new = types.OptionalVersionedTextDocumentIdentifier(uri=path.as_uri())
        parts.append(types.TextDocumentEdit(new, _noted([(begin, text)], note)))
    parts += [types.TextDocumentEdit(identifier, _noted(made, note)) for identifier, made in edits.values()]
    for path, other in changes.moved.items():
        client.check(types.ResourceOperationKind.Rename)
        parts.append(types.RenameFile(path.as_uri(), other.as_uri(), annotation_id=note))
    for path in changes.removed:
        client.check(types.ResourceOperationKind.Delete)
        parts.append(types.DeleteFile(path.as_uri(), annotation_id=note))
    label = NOT_RUN if changes.unproved else "Burnish: refactoring"
    words = f"{look_first} {changes.unproved}".rstrip()
    said = types.ChangeAnnotation(label, needs_confirmation=True, description=words)
    return types.WorkspaceEdit(document_changes=parts, change_annotations={_LOOK: said} if note else None)


class _Client:
    """What the client's edits can do."""

    def __init__(self, server: BurnishServer) -> None:
        workspace = server.client_capabilities.workspace
        edits = workspace.workspace_edit if workspace else None
        self.versions = bool(edits and edits.document_changes)
        self.annotates = bool(edits and edits.change_annotation_support) and self.versions
        self._operations = list(edits.resource_operations or ()) if edits else []

    def check(self, operation: types.ResourceOperationKind) -> None:
        if operation not in self._operations:
            raise JsonRpcInvalidParams(
                f"This editor cannot {operation.value} files for Burnish, so nothing was done."
            )


def _in_file(
    server: BurnishServer, path: Path, made: Sequence[TextChange], stamp: str
) -> tuple[types.OptionalVersionedTextDocumentIdentifier, list[tuple[types.Range, str]]]:
    """The edits of one file, by positions in its present text."""
    uri, version, text = _present(server, path)
    if stamp_of(text) != stamp:
        raise JsonRpcInvalidParams(_CHANGED.format(path.name))
    shift = 0
    if version is None and text.startswith("\ufeff"):
        # The editor does not count a byte order mark.
        text, shift = text[1:], 1
    source = SourceText(text)
    edits = [
        (range_of(source, one.start - shift, one.end - shift, server.encoding), one.text)
        for one in made
        if one.end > one.start or one.text
    ]
    return types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version), edits


def _present(server: BurnishServer, path: Path) -> tuple[str, int | None, str]:
    """Address, version and text of a file: of its open document, else of the disk."""
    for uri, document in server.workspace.text_documents.items():
        if document.version is not None and Path(file_of(uri)).resolve() == path.resolve():
            return document.uri, document.version, document.source
    try:
        return path.as_uri(), None, read_source(path).text
    except FileError as error:
        raise JsonRpcInvalidParams(f"{error} Nothing was done.") from None


def _noted(
    edits: Sequence[tuple[types.Range, str]], note: str | None
) -> list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]:
    if note is None:
        return [types.TextEdit(where, text) for where, text in edits]
    return [types.AnnotatedTextEdit(note, where, text) for where, text in edits]
