"""Hover: signature and docstring of a function or class that the same file defines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_analysis.definitions import definition_at

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_MAX_DOCSTRING = 1_200


def register(server: BurnishServer) -> None:
    """Register hover."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.workspace.document(params.text_document.uri)
        if document is None:
            return None
        encoding = server.encoding
        source = document.snapshot
        offset = source.offset_at(params.position.line, params.position.character, encoding)
        found = definition_at(document.tree.focused(offset), offset)
        if found is None:
            return None
        definition, start, end = found
        docstring = definition.docstring
        if len(docstring) > _MAX_DOCSTRING:
            docstring = docstring[:_MAX_DOCSTRING].rstrip() + " …"
        parts = [f"```python\n{definition.signature}\n```"]
        if docstring:
            parts.append(docstring)
        return types.Hover(
            contents=types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(parts)),
            range=types.Range(
                types.Position(*source.position_at(start, encoding)),
                types.Position(*source.position_at(end, encoding)),
            ),
        )
