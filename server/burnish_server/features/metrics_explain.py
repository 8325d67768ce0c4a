"""Why figures are beyond their thresholds: the page of ``burnish.server.explainFinding``, and the code action that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_server.excluded import file_of
from burnish_server.metrics.explaining import Helps, Place, file_page, function_page
from burnish_server.metrics.model import Function, Told
from burnish_server.metrics.service import Figures
from burnish_server.metrics.words import figures
from burnish_server.perf.edits import range_of
from burnish_server.refactor.model import LocalOffer

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["EXPLAIN", "explaining_actions", "metric_page"]

#: A command of the client's: shows the page. Clients that have it say so (``explainsFindings``).
EXPLAIN = "burnish.explain"


async def metric_page(
    server: BurnishServer, uri: str, place: tuple[int, int], rule: str = ""
) -> dict[str, str] | None:
    """Title and page of the figures told of at a place or on its line; None where there are none.

    Args:
        place: line and character. rule: only this one; empty: all that are told there.
    """
    found = await server.metrics.look(uri)
    if found is None:
        return None
    offset = found.source.offset_at(*place, server.encoding)
    here = [
        one
        for one in found.measured.told
        if (not rule or one.rule == rule)
        and (one.start <= offset <= one.end or found.source.line_of(one.start) == place[0])
    ]
    if not here:
        return None
    # The page of a function holds everything that is told of it; the whole file begins where one of them may.
    function = next((named for one in here if (named := found.measured.named(one.start))), None)
    if function is not None:
        here = [one for one in here if found.measured.named(one.start) is function]
    where = Place(uri, lambda at: found.source.line_of(min(at, len(found.source.text))))
    helps = await _helps(server, uri, function)
    if function is not None:
        page = function_page(function, here, where, helps)
        return {"title": f"{function.name}: {figures(function)}", "page": page}
    name = Path(file_of(uri)).name or uri
    return {"title": name, "page": file_page(name, found.measured, here, where, helps)}


async def _helps(server: BurnishServer, uri: str, function: Function | None) -> list[Helps] | None:
    """What is suggested in a function, or in the file; None where suggestions are turned off."""
    if not server.settings.refactor.suggest:
        return None
    return [
        Helps(held.start, held.found.title, held.found.improvement)
        for held in await server.refactor.suggestions(uri)
        if isinstance(held.found, LocalOffer)
        and (function is None or function.first <= held.start <= function.last)
    ]


def explaining_actions(server: BurnishServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """An action for every figure told of at a place, to have it explained; for clients that show such pages."""
    uri, where = params.text_document.uri, params.range
    found = server.metrics.last(uri)
    if not server.metrics.explains or not server.settings.metrics.diagnostics or found is None:
        return []
    return [
        _action(server, uri, found, one, params.context.diagnostics)
        for one in found.measured.told
        if _touches(range_of(found.source, one.start, one.end, server.encoding), where)
    ]


def _action(
    server: BurnishServer, uri: str, found: Figures, one: Told, diagnostics: Sequence[types.Diagnostic]
) -> types.CodeAction:
    place = range_of(found.source, one.start, one.end, server.encoding)
    same = [each for each in diagnostics if each.code == one.rule and each.range == place]
    position = {"line": place.start.line, "character": place.start.character}
    asked = {"uri": uri, "position": position, "rule": one.rule}
    return types.CodeAction(
        title=f"Explain: {one.rule}",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=same or None,
        command=types.Command("Explain", EXPLAIN, arguments=[asked]),
    )


def _touches(one: types.Range, other: types.Range) -> bool:
    def at(place: types.Position) -> tuple[int, int]:
        return place.line, place.character

    return at(one.start) <= at(other.end) and at(other.start) <= at(one.end)
