"""Figures in the editor: a code lens or an inlay hint for every function, hovers, diagnostics, and what drives a function."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from burnish_server.metrics.model import Function, Measured
from burnish_server.metrics.service import Figures
from burnish_server.metrics.words import figures, hover_text, lens_title
from burnish_server.perf.edits import range_of

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["metric_diagnostics", "metric_hover", "metrics_changed", "register"]

#: The client's command that shows what drives a function's complexity.
SHOW = "burnish.showComplexity"
_COMPLEXITY = "burnish.server.complexity"
_SOURCE = "burnish"
#: How long a hover waits for figures, in seconds.
_HOVER_S = 1.0


def register(server: BurnishServer) -> None:
    """Register code lenses, inlay hints and the command."""
    server.at_end(server.metrics.end)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
    async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        if not server.settings.metrics.code_lens or (found := await server.metrics.look(uri)) is None:
            return []
        return [
            types.CodeLens(
                range_of(found.source, one.start, one.end, server.encoding),
                _command(server, uri, found, one, lens_title(one)) or types.Command(lens_title(one), ""),
            )
            for one in found.measured.functions
        ]

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintOptions(resolve_provider=False))
    async def inlay_hint(params: types.InlayHintParams) -> list[types.InlayHint]:
        uri = params.text_document.uri
        if not server.settings.metrics.inlay_hints or (found := await server.metrics.look(uri)) is None:
            return []
        first, last = params.range.start.line, params.range.end.line
        return [
            _hint(server, uri, found, one)
            for one in found.measured.functions
            if first <= found.source.line_of(one.start) <= last
        ]

    @server.command(_COMPLEXITY)
    async def complexity(*arguments: Any) -> dict[str, Any]:
        match arguments:
            case [{"uri": str(uri), "position": {"line": int(line), "character": int(character)}}]:
                return await _complexity_of(server, uri, line, character)
        raise JsonRpcInvalidParams(f"{_COMPLEXITY} needs {{uri, position}}.")


def metrics_changed(server: BurnishServer) -> None:
    """Settings are others now: what is shown of figures is asked for again, at once."""
    server.metrics.settings_changed()
    workspace = server.client_capabilities.workspace
    # Before anything is open there is nobody to tell, and a client that is not initialized must not be asked.
    if workspace is None or not server.perf.open_documents():
        return
    if workspace.code_lens and workspace.code_lens.refresh_support:
        server.workspace_code_lens_refresh(None)
    if workspace.inlay_hint and workspace.inlay_hint.refresh_support:
        server.workspace_inlay_hint_refresh(None)


def metric_diagnostics(
    server: BurnishServer, found: Figures | None, severities: dict[str, types.DiagnosticSeverity]
) -> list[types.Diagnostic]:
    """What stands beyond a threshold; ``severities`` by their names in a project's settings."""
    if found is None or not server.settings.metrics.diagnostics:
        return []
    return [
        types.Diagnostic(
            range=range_of(found.source, one.start, one.end, server.encoding),
            message=one.message,
            severity=severities[one.severity or "hint"],
            code=one.rule,
            source=_SOURCE,
        )
        for one in found.measured.told
    ]


async def metric_hover(server: BurnishServer, uri: str, offset: int) -> tuple[str, tuple[int, int] | None]:
    """Markdown on the function whose name is defined at a place, and the name's span.

    Figures are waited for only on the line of a definition, and not for long: while somebody types they are not made.
    """
    found = server.metrics.last(uri)
    if found is None and _defines(server, uri, offset):
        try:
            found = await asyncio.wait_for(server.metrics.look(uri), _HOVER_S)
        except TimeoutError:
            return "", None
    one = found.measured.named(offset) if found is not None else None
    if found is None or one is None:
        return "", None
    return hover_text(one, _line_of(found), uri), (one.start, one.end)


def _defines(server: BurnishServer, uri: str, offset: int) -> bool:
    document = server.workspace.document(uri)
    if document is None:
        return False
    source = document.snapshot
    start, end = source.line_span(source.line_of(offset))
    return source.text[start:end].lstrip().startswith(("def ", "async def "))


def _line_of(found: Figures) -> Callable[[int], int]:
    source = found.source
    return lambda offset: source.line_of(min(offset, len(source.text)))


def _command(
    server: BurnishServer, uri: str, found: Figures, one: Function, title: str
) -> types.Command | None:
    """What a click does, where the client can do it."""
    if not server.metrics.clickable:
        return None
    line, character = found.source.position_at(one.start, server.encoding)
    place = {"line": line, "character": character}
    return types.Command(title, SHOW, arguments=[{"uri": uri, "position": place}])


def _hint(server: BurnishServer, uri: str, found: Figures, one: Function) -> types.InlayHint:
    line = found.source.line_of(one.start)
    _, end = found.source.line_span(line)
    said = types.MarkupContent(types.MarkupKind.Markdown, hover_text(one, _line_of(found), uri))
    part = types.InlayHintLabelPart(
        figures(one), tooltip=said, command=_command(server, uri, found, one, "What drives it")
    )
    return types.InlayHint(
        types.Position(*found.source.position_at(end, server.encoding)), [part], padding_left=True
    )


async def _complexity_of(server: BurnishServer, uri: str, line: int, character: int) -> dict[str, Any]:
    found = await server.metrics.look(uri)
    if found is None:
        raise JsonRpcInvalidParams("Burnish does not measure this file: it is not open Python, or excluded.")
    offset = found.source.offset_at(line, character, server.encoding)
    one = found.measured.named(offset) or found.measured.around(offset)
    if one is None:
        raise JsonRpcInvalidParams(_nothing(found.measured))

    def place(at: int) -> dict[str, int]:
        there, units = found.source.position_at(at, server.encoding)
        return {"line": there, "character": units}

    return {
        "name": one.name,
        "title": figures(one),
        "complexity": one.complexity,
        "rank": one.rank,
        "nesting": one.nesting,
        "lines": one.lines,
        "limits": dict(one.limits),
        "position": place(one.start),
        "end": place(one.last),
        "broken": found.measured.broken,
        "decisions": [
            {
                **place(each.start),
                "what": each.what,
                "points": each.points,
                "nesting": each.nesting,
                "text": found.source.line_text(found.source.line_of(each.start)).strip()[:200],
            }
            for each in one.decisions
        ],
    }


def _nothing(measured: Measured) -> str:
    if measured.broken:
        return "The file is not complete Python at the moment, so there is nothing to show here."
    return "There is no function here."
