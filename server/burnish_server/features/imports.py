"""``burnish.server.addImports``: adds the imports that a suggestion needs."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_analysis.imports import insertion_of
from burnish_server.documents import SourceText

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["ADD_IMPORTS", "add_imports_to", "register"]

log = logging.getLogger("burnish_server")

ADD_IMPORTS = "burnish.server.addImports"


def register(server: BurnishServer) -> None:
    """Register the command: its arguments are a document's URI and a list of import statements."""

    @server.command(ADD_IMPORTS)
    async def add_imports(*arguments: Any) -> dict[str, Any]:
        given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)
        if len(given) != 2 or not isinstance(given[0], str) or not isinstance(given[1], list):
            raise JsonRpcInvalidParams(f"{ADD_IMPORTS} needs a document's URI and a list of statements.")
        return {"added": await add_imports_to(server, given[0], given[1])}


async def add_imports_to(server: BurnishServer, uri: str, statements: Iterable[object]) -> list[str]:
    """Have the client insert import statements, one after the other; returns those that it inserted."""
    return [str(statement) for statement in statements if await _add(server, uri, str(statement))]


async def _add(server: BurnishServer, uri: str, statement: str) -> bool:
    """Ask the client to insert one statement; whether it did. Each waits for the one before: places move."""
    document = server.workspace.document(uri)
    if document is None:
        return False
    source: SourceText = document.snapshot
    insertion = insertion_of(document.tree.update(source.text), statement, source.newline)
    if insertion is None:
        return False
    place = types.Position(*source.position_at(insertion.offset, server.encoding))
    edit = types.TextEdit(types.Range(place, place), insertion.text)
    versioned = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=document.version)
    change = types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(versioned, [edit])])
    answer = await server.workspace_apply_edit_async(
        types.ApplyWorkspaceEditParams(edit=change, label=statement)
    )
    if not answer.applied:
        log.warning("The editor did not add %r: %s", statement, answer.failure_reason or "no reason given")
    return answer.applied
