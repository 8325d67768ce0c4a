"""Suggested refactorings as diagnostics, and what is said when hovering over one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_server.documents import SourceText
from burnish_server.perf.edits import range_of
from burnish_server.perf.held import Held
from burnish_server.refactor.model import LocalOffer
from burnish_server.refactor.standing import Standing
from burnish_server.refactor.words import facts, suggestion

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["register", "suggestion_diagnostics", "suggestion_hover"]

_SOURCE = "burnish"


def register(server: BurnishServer) -> None:
    """End the refactorings' process with the client."""
    server.at_end(server.refactor.end)


def suggestion_diagnostics(server: BurnishServer, uri: str) -> list[types.Diagnostic]:
    """A hint for every suggested refactoring, on the first line of its place."""
    document = server.workspace.document(uri)
    if document is None:
        return []
    source = document.snapshot
    made = []
    for held in server.refactor.suggested(uri):
        found = held.found
        if isinstance(found, LocalOffer):
            page = server.refactor.page(found.rule)
            made.append(
                types.Diagnostic(
                    range=range_of(source, held.start, _head(source, held), server.encoding),
                    message=suggestion(found),
                    severity=types.DiagnosticSeverity.Hint,
                    code=found.rule,
                    code_description=types.CodeDescription(page) if page else None,
                    source=_SOURCE,
                )
            )
    return made


async def suggestion_hover(
    server: BurnishServer, uri: str, offset: int
) -> tuple[list[str], tuple[int, int] | None]:
    """Markdown on the suggestions whose first line holds a place, and the span of the first."""
    document = server.workspace.document(uri)
    if document is None:
        return [], None
    source = document.snapshot
    here = [held for held in server.refactor.suggested(uri) if held.start <= offset <= _head(source, held)]
    if not here:
        return [], None
    rules = await server.refactor.about()
    parts = []
    for held in here:
        found = held.found
        if isinstance(found, LocalOffer):
            rule, page = rules.get(found.rule), server.refactor.page(found.rule)
            said = [f"**{found.title}**", *([rule.why] if rule is not None else [])]
            said.append("\n".join(f"- {fact}" for fact in facts(found, Standing(), rule)))
            said.append(f"[{found.rule}]({page})" if page else f"`{found.rule}`")
            parts.append("\n\n".join(said))
    return parts, (here[0].start, _head(source, here[0]))


def _head(source: SourceText, held: Held) -> int:
    """Where a place's first line ends."""
    start = min(held.start, len(source.text))
    _, end = source.line_span(source.line_of(start))
    return min(held.end, end)
