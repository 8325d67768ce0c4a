"""Asking a running server, as an LSP client over TCP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

from burnish_server.errors import ServerUnreachableError
from burnish_server.features.inline_completion import COMPLETE
from burnish_server.protocol import plain_converter

__all__ = ["complete_remotely"]

_CONNECT_SECONDS = 3.0


async def complete_remotely(
    address: tuple[str, int], path: Path, text: str, line: int, character: int, *, timeout: float
) -> dict[str, Any]:
    """Ask the server at ``address`` to complete ``text``.

    Args:
        address: host and port.
        path: the file the text belongs to; it need not exist.
        text: the document's present text.
        line: 0-based.
        character: 0-based, in code points.
        timeout: seconds to wait for the answer.

    Returns:
        The object of ``burnish complete``.

    Raises:
        ServerUnreachableError: nothing answers there, it is no Burnish server, or it does not answer in time.
    """
    host, port = address
    where = f"{host}:{port}"
    client = LanguageClient("burnish-complete", "1", converter_factory=plain_converter)
    try:
        await asyncio.wait_for(client.start_tcp(host, port), _CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        raise ServerUnreachableError(
            f"No server answers at {where} ({error or 'no answer'}). Start one with: burnish serve --tcp"
        ) from error
    params = {
        "uri": path.absolute().as_uri(),
        "path": str(path),
        "text": text,
        "position": {"line": line, "character": character},
        "fresh": True,
        "maxLatencyMs": int(timeout * 1000),
    }
    try:
        answer = await asyncio.wait_for(_ask(client, where, params), timeout + _CONNECT_SECONDS)
    except TimeoutError as error:
        raise ServerUnreachableError(f"The server at {where} did not answer in {timeout:g} s.") from error
    except JsonRpcException as error:
        raise ServerUnreachableError(f"The server at {where} refused the request: {error.message}") from error
    finally:
        await client.stop()  # type: ignore[no-untyped-call]
    return answer


async def _ask(client: LanguageClient, where: str, params: dict[str, Any]) -> dict[str, Any]:
    general = types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf32])
    result = await client.initialize_async(
        types.InitializeParams(capabilities=types.ClientCapabilities(general=general))
    )
    if result.server_info is None or result.server_info.name != "burnish":
        raise ServerUnreachableError(f"What listens at {where} is not a Burnish server.")
    answer = await client.protocol.send_request_async(COMPLETE, params)
    await client.shutdown_async(None)
    client.exit(None)
    return dict(answer)
