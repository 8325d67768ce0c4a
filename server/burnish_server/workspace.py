"""Documents the client has open, kept in step by incremental changes."""

from __future__ import annotations

from urllib.parse import unquote

from lsprotocol import types
from pygls.workspace import TextDocument, Workspace

from burnish_analysis.syntax import SyntaxTree
from burnish_server.documents import SourceText
from burnish_server.learning.ranges import Edit

__all__ = ["BurnishDocument", "BurnishWorkspace"]


class BurnishDocument(TextDocument):
    """An open document whose positions follow the protocol's line rules exactly."""

    _snapshot: SourceText | None = None
    _tree: SyntaxTree | None = None
    _edits: list[Edit] | None = None

    @property
    def is_python(self) -> bool:
        """Whether it holds Python; a client that names no language has nothing else to send."""
        return self.language_id in ("python", None, "")

    def take_edits(self) -> list[Edit]:
        """The edits since this was called last, in order, each with offsets into the text that the one before left."""
        edits, self._edits = self._edits or [], None
        return edits

    @property
    def snapshot(self) -> SourceText:
        """The present text with its line index (made once per version).

        Raises:
            OSError: the document is not open and its file cannot be read.
            UnicodeDecodeError: the same, and the file is not UTF-8.
        """
        source = self.source
        if self._snapshot is None or self._snapshot.text is not source:
            self._snapshot = SourceText(source)
        return self._snapshot

    @property
    def tree(self) -> SyntaxTree:
        """The syntax tree of the present text, parsed when first asked for and then incrementally."""
        text = self.snapshot.text
        self._tree = SyntaxTree(text) if self._tree is None else self._tree.update(text)
        return self._tree

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        snapshot = self.snapshot
        encoding = encoding_name(self._position_codec.encoding)
        start = snapshot.offset_at(change.range.start.line, change.range.start.character, encoding)
        end = snapshot.offset_at(change.range.end.line, change.range.end.character, encoding)
        text = snapshot.text
        edit = Edit(start, max(start, end), change.text)
        self._source = edit.applied(text)
        self._note(edit)

    def _apply_full_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        edit = Edit(0, len(self.source), change.text)
        self._source = change.text
        self._note(edit)

    def _note(self, edit: Edit) -> None:
        if self._edits is None:
            self._edits = []
        self._edits.append(edit)


class BurnishWorkspace(Workspace):
    """A workspace of :class:`BurnishDocument`."""

    def update_text_document(
        self,
        text_doc: types.VersionedTextDocumentIdentifier,
        change: types.TextDocumentContentChangeEvent,
    ) -> None:
        """Apply a change; one that arrives after the document was closed is dropped."""
        if unquote(text_doc.uri) in self._text_documents:
            super().update_text_document(text_doc, change)

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> BurnishDocument:
        return BurnishDocument(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )

    def document(self, uri: str) -> BurnishDocument | None:
        """The open document of this URI, or ``None`` when the client has not opened it."""
        found = self.get_text_document(uri)
        return found if isinstance(found, BurnishDocument) and found.version is not None else None


def encoding_name(encoding: types.PositionEncodingKind | str | None) -> str:
    """``utf-8``, ``utf-16`` or ``utf-32`` from what was negotiated."""
    if encoding is None:
        return "utf-16"
    return encoding.value if isinstance(encoding, types.PositionEncodingKind) else str(encoding)
