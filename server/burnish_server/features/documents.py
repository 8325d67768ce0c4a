"""Keeping the pipeline in step with open documents, and warming the prompt when typing pauses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_server.completion.model import CompletionRequest
from burnish_server.features.metrics import metrics_changed

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["IdleWarmer", "register"]

#: Seconds without a change or a request after which the prompt at the last place is warmed.
IDLE_SECONDS = 0.4


class IdleWarmer:
    """Warms the prompt at the place worked on last, once the user pauses."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self._timer: asyncio.TimerHandle | None = None

    def at(self, uri: str, line: int, character: int, delay: float = IDLE_SECONDS) -> None:
        """Plan a warm-up at an LSP position; a later plan replaces an earlier one."""
        self.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(delay, self._warm, uri, line, character)

    def cancel(self) -> None:
        """Drop the plan."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _warm(self, uri: str, line: int, character: int) -> None:
        document = self._server.workspace.document(uri)
        if document is None:
            return
        source = document.snapshot
        self._server.pipeline.warm(
            CompletionRequest(
                uri=uri,
                source=source,
                offset=source.offset_at(line, character, self._server.encoding),
                path=document.path or "",
                language=document.language_id or "",
                tree=document.tree,
            )
        )


def register(server: BurnishServer) -> None:
    """Register document synchronisation."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.idle.at(params.text_document.uri, 0, 0)
        server.metrics.opened(params.text_document.uri)
        server.perf.opened(params.text_document.uri)
        server.refactor.opened(params.text_document.uri)
        server.memory.changed(params.text_document.uri, params.text_document.text)
        if server.pipeline.context is not None:
            server.pipeline.context.opened(params.text_document.uri, params.text_document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        document = server.workspace.document(uri)
        if document is None:
            return
        server.host.background.activity.note()
        edits = document.take_edits()
        server.learning.changed(uri, edits, document.snapshot.text)
        server.metrics.changed(uri, edits, document.snapshot.text)
        server.perf.changed(uri, edits, document.snapshot.text)
        server.refactor.changed(uri, edits, document.snapshot.text)
        server.pipeline.document_changed(uri, document.snapshot.text)
        server.memory.changed(uri, document.snapshot.text)
        last = params.content_changes[-1] if params.content_changes else None
        if isinstance(last, types.TextDocumentContentChangePartial):
            line = last.range.start.line + last.text.count("\n")
            if server.pipeline.context is not None:
                server.pipeline.context.changed(uri, document.snapshot.text, line)
            tail = len(last.text) - last.text.rfind("\n") - 1
            start = 0 if "\n" in last.text else last.range.start.character
            server.idle.at(uri, line, start + tail)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.learning.saved(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.idle.cancel()
        server.metrics.closed(params.text_document.uri)
        server.perf.closed(params.text_document.uri)
        server.refactor.closed(params.text_document.uri)
        server.learning.closed(params.text_document.uri)
        server.pipeline.document_closed(params.text_document.uri)
        server.memory.changed_on_disk(params.text_document.uri)
        if server.pipeline.context is not None:
            server.pipeline.context.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            if change.uri.endswith("/pyproject.toml"):
                metrics_changed(server)
                server.perf.settings_changed()
                server.refactor.settings_changed()
                continue
            server.learning.changed_on_disk(change.uri)
            if server.workspace.document(change.uri) is None:
                server.memory.changed_on_disk(change.uri)
                if server.pipeline.context is not None:
                    server.pipeline.context.changed_on_disk(change.uri)
