"""``textDocument/inlineCompletion``, and ``burnish/complete`` for the command line."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_server.completion.model import CompletionRequest, CompletionResult, SelectedItem
from burnish_server.documents import SourceText
from burnish_server.features.outcomes import ACCEPTED

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["COMPLETE", "register"]

log = logging.getLogger(__name__)

COMPLETE = "burnish/complete"


def register(server: BurnishServer) -> None:
    """Register both requests."""

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        request = _request(server, params)
        if request is None:
            return types.InlineCompletionList(items=[])
        server.idle.cancel()
        server.learning.cursor(request.uri, request.offset)
        result = await _answered(server, request)
        results = [result] if result.dropped is None and result.text else []
        if results and request.invoked:
            results += await server.pipeline.alternatives(request, result)
        document = server.workspace.document(request.uri)
        present = None if document is None else document.snapshot.text
        if not results:
            server.learning.held_back(request, result, present)
        ids = server.learning.offered(request, results, present)
        return types.InlineCompletionList(
            items=[_item(server, request, found, name) for found, name in zip(results, ids, strict=True)]
        )

    @server.feature(COMPLETE)
    async def complete(params: Any) -> dict[str, Any]:
        return (await _answered(server, _own_request(server, params))).as_contract()


async def _answered(server: BurnishServer, request: CompletionRequest) -> CompletionResult:
    try:
        return await server.pipeline.complete(request)
    except asyncio.CancelledError:
        log.debug("A completion request was cancelled.")
        raise


def _request(server: BurnishServer, params: types.InlineCompletionParams) -> CompletionRequest | None:
    document = server.workspace.document(params.text_document.uri)
    if document is None:
        return None
    encoding = server.encoding
    source = document.snapshot
    selected = params.context.selected_completion_info
    item: SelectedItem | None = None
    if selected is not None:
        item = SelectedItem(
            start=source.offset_at(selected.range.start.line, selected.range.start.character, encoding),
            end=source.offset_at(selected.range.end.line, selected.range.end.character, encoding),
            text=selected.text,
        )
    invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    return CompletionRequest(
        uri=params.text_document.uri,
        source=source,
        offset=source.offset_at(params.position.line, params.position.character, encoding),
        path=document.path or "",
        language=document.language_id or "",
        invoked=invoked,
        # Who asks by a gesture wants to see what there is.
        gate=not invoked,
        selected=item,
        tree=document.tree,
        memory=server.memory.workspace,
    )


def _item(
    server: BurnishServer, request: CompletionRequest, result: CompletionResult, identity: str
) -> types.InlineCompletionItem:
    encoding = server.encoding
    start = types.Position(*request.source.position_at(result.start, encoding))
    end = types.Position(*request.source.position_at(result.end, encoding))
    command = types.Command(
        "Suggestion accepted", ACCEPTED, arguments=[request.uri, identity, list(result.imports)]
    )
    return types.InlineCompletionItem(insert_text=result.text, range=types.Range(start, end), command=command)


def _own_request(server: BurnishServer, params: Any) -> CompletionRequest:
    """Read the parameters of ``burnish/complete``.

    ``{uri, text, position: {line, character}, path, fresh, maxLatencyMs}``; the position counts in the
    negotiated encoding. Without ``text`` the open document is used; ``fresh`` asks the model even where an
    earlier answer would do; ``maxLatencyMs`` replaces the setting.

    Raises:
        JsonRpcInvalidParams: something is missing; the message says what.
    """
    try:
        uri, place = str(params["uri"]), params["position"]
        line, character = int(place["line"]), int(place["character"])
        text = params.get("text")
        latency = None if params.get("maxLatencyMs") is None else int(params["maxLatencyMs"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JsonRpcInvalidParams(
            f"{COMPLETE} needs uri, position.line and position.character: {error!r}"
        ) from error
    document = server.workspace.document(uri)
    if text is None and document is None:
        raise JsonRpcInvalidParams(f"{uri} is not open here; send its text.")
    source = SourceText(str(text)) if text is not None or document is None else document.snapshot
    return CompletionRequest(
        uri=uri,
        source=source,
        offset=source.offset_at(line, character, server.encoding),
        path=str(params.get("path", "")),
        invoked=True,
        fresh=bool(params.get("fresh", False)),
        max_latency_ms=latency,
        memory=server.memory.workspace,
    )
