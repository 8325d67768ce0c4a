"""``textDocument/rename``: a name becomes another one, in all files where it means the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_server.documents import SourceText
from burnish_server.features.progress import WorkProgress
from burnish_server.features.refactor_edits import changes_of, edit_of
from burnish_server.features.verifying import tell
from burnish_server.perf.edits import range_of

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_ID = "rename"
_WORD = re.compile(r"[^\W\d]\w*")


def register(server: BurnishServer) -> None:
    """Register renaming, and the question of what would be renamed."""

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        document = server.refactor.document(params.text_document.uri)
        if document is None:
            return None
        source = document.snapshot
        offset = source.offset_at(params.position.line, params.position.character, server.encoding)
        span = _word(source, offset)
        if span is None:
            return None
        offers = await server.refactor.offers(params.text_document.uri, offset, offset, wait=True)
        offer = next((one for one in offers if one.id == _ID), None)
        if offer is None:
            raise JsonRpcInvalidParams("Burnish cannot rename this: it is not a name of this project's own.")
        if offer.refused:
            raise JsonRpcInvalidParams(offer.refused)
        return types.PrepareRenamePlaceholder(
            range_of(source, *span, server.encoding), source.text[span[0] : span[1]]
        )

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        uri = params.text_document.uri
        document = server.refactor.document(uri)
        if document is None:
            return None
        source = document.snapshot
        offset = source.offset_at(params.position.line, params.position.character, server.encoding)
        progress = WorkProgress(server, "Burnish: renaming")
        server.perf.background(progress.begin(params.new_name))
        try:
            changes = await changes_of(server, uri, (offset, offset), _ID, {"name": params.new_name})
        finally:
            progress.end()
        edit = edit_of(server, changes)
        for note in changes.notes:
            tell(server, note, types.MessageType.Warning)
        return edit


def _word(source: SourceText, offset: int) -> tuple[int, int] | None:
    """The name that a place touches."""
    start, end = source.line_span(source.line_of(min(offset, len(source.text))))
    for found in _WORD.finditer(source.text, start, end):
        if found.start() <= offset <= found.end():
            return found.start(), found.end()
    return None
