"""An editor without a window: the real language server as a child process, spoken to over stdio as VS Code does."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import time
from pathlib import Path
from typing import Any, Self

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

from burnish_server.documents import SourceText
from burnish_server.protocol import plain_converter
from burnish_server.replay.errors import PlaybackError
from burnish_server.replay.player import Offer
from burnish_server.replay.trace import Event, Position

__all__ = ["Editor"]

#: The extension tells of the cursor once it has rested for so long, in seconds (``extension/src/cursor.ts``).
_CURSOR_REST = 0.12
_LONGEST_ANSWER = 120.0


class Editor:
    """One server and its client. Made by :meth:`start`.

    Args:
        folder: the workspace.
        home: the server's state folder.
        settings: as in section ``burnish`` of an editor's settings.
    """

    def __init__(self, folder: Path, home: Path, settings: dict[str, Any]) -> None:
        self.folder, self.home = folder, home
        self.status: dict[str, Any] = {}
        self._settings = settings
        self._client = LanguageClient("burnish-replay", "1", converter_factory=plain_converter)
        self._versions: dict[str, int] = {}
        self._ids = itertools.count(1)
        self._changed = asyncio.Event()
        self._resting: asyncio.TimerHandle | None = None
        self._complaints: asyncio.Task[None] | None = None

        self._client.feature("burnish/status")(lambda params: self._on_status(params))
        for quiet in (types.WINDOW_SHOW_MESSAGE, types.WINDOW_LOG_MESSAGE, types.PROGRESS):
            self._client.feature(quiet)(lambda _params: None)

    def _on_status(self, params: Any) -> None:
        self.status = dict(params)
        self._changed.set()

    @classmethod
    async def start(
        cls, folder: Path, home: Path, settings: dict[str, Any], *, timeout: float = 300.0
    ) -> Self:
        """Start a server for ``folder`` and wait until its model is ready.

        Raises:
            PlaybackError: it did not start, or the model did not load in ``timeout`` seconds.
        """
        editor = cls(folder, home, settings)
        try:
            await editor._connect()
            await asyncio.wait_for(editor._until_ready(), timeout)
        except TimeoutError as error:
            await editor.close()
            raise PlaybackError(f"The server was not ready after {timeout:g} s: {editor.status}") from error
        except BaseException:
            await editor.close()
            raise
        return editor

    @property
    def pid(self) -> int:
        """The server's process; the engine's worker is its child."""
        server = self._client._server
        assert server is not None
        return server.pid

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        server = self._client._server
        return server is not None and server.returncode is None

    async def _connect(self) -> None:
        client = self._client
        command = ["-m", "burnish_cli", "--home", str(self.home), "serve", "--stdio"]
        await client.start_io(sys.executable, *command)
        self._complaints = asyncio.create_task(self._drain())
        general = types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf16])
        capabilities = types.ClientCapabilities(
            general=general,
            text_document=types.TextDocumentClientCapabilities(
                synchronization=types.TextDocumentSyncClientCapabilities(did_save=True),
                inline_completion=types.InlineCompletionClientCapabilities(),
            ),
        )
        root = types.WorkspaceFolder(self.folder.as_uri(), self.folder.name)
        await client.initialize_async(
            types.InitializeParams(
                capabilities=capabilities,
                initialization_options={"settings": self._settings},
                workspace_folders=[root],
            )
        )
        client.initialized(types.InitializedParams())

    async def _drain(self) -> None:
        """Keep the server's standard error from filling its pipe; it has a log file of its own."""
        server = self._client._server
        assert server is not None and server.stderr is not None
        while await server.stderr.read(1 << 16):
            pass

    async def _until_ready(self) -> None:
        while self.status.get("state") != "ready":
            if self.status.get("state") == "failed":
                raise PlaybackError(f"The model could not be loaded: {self.status.get('detail')}")
            if not self.alive:
                raise PlaybackError(f"The server ended at once. Its log is in {self.home / 'logs'}.")
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 1.0)

    async def close(self) -> None:
        """Shut the server down."""
        self._stop_resting()
        if self.alive:
            with contextlib.suppress(JsonRpcException, TimeoutError, OSError):
                await asyncio.wait_for(self._client.shutdown_async(None), 10)
                self._client.exit(None)
        server = self._client._server
        if server is not None:
            try:
                await asyncio.wait_for(server.wait(), 10)
            except TimeoutError:
                server.kill()
            await self._client.stop()  # type: ignore[no-untyped-call]
        if self._complaints is not None:
            await self._complaints

    # -- what a user does ------------------------------------------------------------------------------------

    def opened(self, event: Event, text: str) -> None:
        """A file is opened and shown."""
        self._versions[event.path] = 1
        item = types.TextDocumentItem(self._uri(event.path), "python", 1, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        self._rest(event.path, event.caret)

    def moved(self, event: Event, text: str) -> None:
        """The caret is elsewhere, in this file or another open one."""
        del text
        self._rest(event.path, event.caret)

    def edited(self, event: Event, text: str) -> None:
        """A key changed the text."""
        del text
        self._versions[event.path] += 1
        where = types.Range(types.Position(*event.start), types.Position(*event.end))
        change = types.TextDocumentContentChangePartial(range=where, text=event.text)
        identifier = types.VersionedTextDocumentIdentifier(
            uri=self._uri(event.path), version=self._versions[event.path]
        )
        self._client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
        self._rest(event.path, event.caret)

    def saved(self, event: Event, text: str) -> None:
        """A file was saved."""
        path = self.folder / event.path
        path.write_bytes(text.encode("utf-8"))
        identifier = types.TextDocumentIdentifier(self._uri(event.path))
        self._client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    def copied(self, event: Event, text: str) -> None:
        """Lines were copied: nothing that a language server is told of."""

    def closed(self, path: str) -> None:
        """A file's tab is closed, if it was open."""
        if self._versions.pop(path, None) is not None:
            self._stop_resting()
            identifier = types.TextDocumentIdentifier(self._uri(path))
            self._client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    async def ask(self, event: Event, text: str) -> Offer:
        """Ask for a completion at the caret. Cancelling the task cancels the request."""
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(self._uri(event.path)),
            types.Position(*event.caret),
        )
        found = await self._request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params)
        answered = time.perf_counter()
        items = found.items if isinstance(found, types.InlineCompletionList) else found or []
        if not items:
            return Offer(at=answered)
        source = SourceText(text)
        caret = source.offset_at(*event.caret)
        item = items[0]
        insert = item.insert_text if isinstance(item.insert_text, str) else item.insert_text.value
        if item.range is None:
            return Offer(insert, caret, caret, answered)
        begin, end = item.range.start, item.range.end
        return Offer(
            insert,
            source.offset_at(begin.line, begin.character),
            source.offset_at(end.line, end.character),
            answered,
        )

    async def hover(self, path: str, caret: Position) -> None:
        """A light request: what a name at a place is."""
        params = types.HoverParams(types.TextDocumentIdentifier(self._uri(path)), types.Position(*caret))
        await self._request(types.TEXT_DOCUMENT_HOVER, params)

    async def statistics(self) -> dict[str, int]:
        """What the server's completion pipeline counted so far."""
        params = types.ExecuteCommandParams("burnish.server.statistics", [])
        answer = await self._client.workspace_execute_command_async(params)
        return {str(key): int(value) for key, value in dict(answer or {}).items()}

    # -- the protocol ----------------------------------------------------------------------------------------

    async def _request(self, method: str, params: Any) -> Any:
        identifier = f"replay-{next(self._ids)}"
        pending = self._client.protocol.send_request_async(method, params, msg_id=identifier)
        try:
            return await asyncio.wait_for(asyncio.shield(pending), _LONGEST_ANSWER)
        except (asyncio.CancelledError, TimeoutError):
            pending.add_done_callback(_forget)
            self._client.cancel_request(types.CancelParams(identifier))
            raise

    def _rest(self, path: str, caret: Position) -> None:
        """Plan to tell where the cursor rests."""
        self._stop_resting()
        loop = asyncio.get_running_loop()
        self._resting = loop.call_later(_CURSOR_REST, self._tell_cursor, path, caret)

    def _tell_cursor(self, path: str, caret: Position) -> None:
        self._resting = None
        place = {"line": caret[0], "character": caret[1]}
        params = {"textDocument": {"uri": self._uri(path)}, "position": place}
        self._client.protocol.notify("burnish/cursor", params)

    def _stop_resting(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    def _uri(self, path: str) -> str:
        return (self.folder / path).as_uri()


def _forget(answer: asyncio.Future[Any]) -> None:
    """Take note of an answer nobody waits for: it may be the error that says it was cancelled."""
    if not answer.cancelled():
        answer.exception()
