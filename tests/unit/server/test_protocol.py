"""The protocol layer."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from burnish_server.protocol import BurnishProtocol, plain_converter

URI = "file:///a.py"


class _Nowhere:
    def write(self, _data: bytes) -> None:
        """Answers go nowhere."""

    def close(self) -> None:
        """Nothing to close."""


def _server() -> LanguageServer:
    server = LanguageServer("test", "0", protocol_cls=BurnishProtocol, converter_factory=plain_converter)
    server.protocol.set_writer(_Nowhere())
    return server


def _send(server: LanguageServer, method: str, params: Any, number: int | None = None) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    if number is not None:
        message["id"] = number
    server.protocol.handle_message(server.protocol.structure_message(message))


async def _typed(server: LanguageServer, keys: int) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(_params: types.DidChangeTextDocumentParams) -> None:
        await asyncio.sleep(0)

    _send(server, "initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
    _send(server, "initialized", {})
    opened = {"uri": URI, "languageId": "python", "version": 0, "text": ""}
    _send(server, "textDocument/didOpen", {"textDocument": opened})
    for version in range(1, keys + 1):
        start = {"line": 0, "character": version - 1}
        change = {"range": {"start": start, "end": start}, "text": "a"}
        _send(
            server,
            "textDocument/didChange",
            {"textDocument": {"uri": URI, "version": version}, "contentChanges": [change]},
        )
        await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.sleep(0)


async def test_nothing_is_kept_of_a_handled_message() -> None:
    server = _server()
    await _typed(server, 50)
    assert server.workspace.get_text_document(URI).source == "a" * 50
    assert server.protocol._request_futures == {}


async def test_a_handler_that_fails_leaves_nothing_either() -> None:
    server = _server()

    @server.feature("burnish/fails")
    async def fails(_params: Any) -> None:
        raise ValueError("on purpose")

    await _typed(server, 1)
    _send(server, "burnish/fails", {})
    _send(server, "burnish/fails", {}, 7)
    for _ in range(5):
        await asyncio.sleep(0)
    assert server.protocol._request_futures == {}
