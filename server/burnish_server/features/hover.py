"""Hover: signature and docstring of a function or class that the same file defines, its figures, and performance findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_analysis.definitions import Definition, definition_at
from burnish_server.features.metrics import metric_hover
from burnish_server.features.perf import hover_parts
from burnish_server.features.refactor import suggestion_hover
from burnish_server.perf.edits import range_of

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_MAX_DOCSTRING = 1_200


def register(server: BurnishServer) -> None:
    """Register hover."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.workspace.document(params.text_document.uri)
        if document is None:
            return None
        encoding = server.encoding
        source = document.snapshot
        offset = source.offset_at(params.position.line, params.position.character, encoding)
        parts, span = await hover_parts(server, params.text_document.uri, offset)
        suggested, first = await suggestion_hover(server, params.text_document.uri, offset)
        parts, span = [*parts, *suggested], span or first
        figures, name = await metric_hover(server, params.text_document.uri, offset)
        if name is not None:
            parts.insert(0, figures)
            span = name
        found = definition_at(document.tree.focused(offset), offset)
        if found is not None:
            definition, start, end = found
            span = start, end
            parts[:0] = _definition_parts(definition)
        if span is None:
            return None
        return types.Hover(
            contents=types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(parts)),
            range=range_of(source, *span, encoding),
        )


def _definition_parts(definition: Definition) -> list[str]:
    docstring = definition.docstring
    if len(docstring) > _MAX_DOCSTRING:
        docstring = docstring[:_MAX_DOCSTRING].rstrip() + " …"
    signature = f"```python\n{definition.signature}\n```"
    return [signature, docstring] if docstring else [signature]
