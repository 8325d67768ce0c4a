"""Performance findings as diagnostics: pulled where the client pulls, else pushed. What is said when hovering over one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from burnish_server.features.metrics import metric_diagnostics
from burnish_server.features.refactor import suggestion_diagnostics
from burnish_server.perf.edits import Target, range_of
from burnish_server.perf.look import Look
from burnish_server.perf.model import Found
from burnish_server.perf.words import diagnostic_message, hover_text

if TYPE_CHECKING:
    from burnish_server.metrics.service import Figures
    from burnish_server.server import BurnishServer

__all__ = ["diagnostics_of", "diagnostics_on", "hover_parts", "register", "target_of"]

_SOURCE = "burnish"
_SEVERITIES = {
    "hint": types.DiagnosticSeverity.Hint,
    "information": types.DiagnosticSeverity.Information,
    "warning": types.DiagnosticSeverity.Warning,
    "error": types.DiagnosticSeverity.Error,
}


def register(server: BurnishServer) -> None:
    """Register pull diagnostics, and push for clients that do not pull."""
    server.perf.watcher = publisher = _Publisher(server)
    server.at_end(server.perf.end)
    server.metrics.measured = publisher.measured

    @server.feature(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(
            identifier=_SOURCE, inter_file_dependencies=False, workspace_diagnostics=False
        ),
    )
    async def diagnostic(
        params: types.DocumentDiagnosticParams,
    ) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
        uri = params.text_document.uri
        publisher.asked(uri)
        if publisher.refreshes:
            # Findings do not wait for figures: those last known are told, and if they turn out to be others, it is asked to pull again.
            look = await server.perf.look(uri)
            server.metrics.look_soon(uri)
            figures = server.metrics.last(uri)
            publisher.answered(uri, figures)
        else:
            look, figures = await asyncio.gather(server.perf.look(uri), server.metrics.look(uri))
        found = diagnostics_of(server, uri, look) if look is not None else []
        found += metric_diagnostics(server, figures, _SEVERITIES) + suggestion_diagnostics(server, uri)
        identity = _identity(found)
        if identity == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=identity)
        return types.RelatedFullDocumentDiagnosticReport(items=found, result_id=identity)


def diagnostics_of(server: BurnishServer, uri: str, look: Look) -> list[types.Diagnostic]:
    """The hints of a document, the most promising first; without what verification has refuted."""
    places = {one.found.key: one for one in look.held}
    found = []
    for one in server.perf.rank(look) or [held.found for held in look.held]:
        if server.perf.refuted(uri, one):
            continue
        page = server.perf.page(one.rule)
        place = places[one.key]
        found.append(
            types.Diagnostic(
                range=range_of(look.source, place.start, place.end, server.encoding),
                message=diagnostic_message(one, server.perf.share(one, look.path)),
                severity=_SEVERITIES[one.severity or server.settings.perf.severity],
                code=one.rule,
                code_description=types.CodeDescription(page) if page else None,
                source=_SOURCE,
            )
        )
    return found


def diagnostics_on(
    server: BurnishServer, look: Look, found: Found, diagnostics: Sequence[types.Diagnostic]
) -> list[types.Diagnostic]:
    """Those of a client's diagnostics that tell of a finding."""
    place = range_of(look.source, found.start, found.end, server.encoding)
    return [
        one for one in diagnostics if one.source == _SOURCE and one.code == found.rule and one.range == place
    ]


def target_of(server: BurnishServer, uri: str, look: Look) -> Target:
    """The document as it is to be changed."""
    return Target(uri, look.version, look.source, server.encoding, server.client_capabilities)


def _identity(found: list[types.Diagnostic]) -> str:
    """The same for the same diagnostics."""
    return hashlib.sha256(repr(found).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class _Publisher:
    """Tells the client of findings: asks it to pull again, or pushes."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        #: What was pushed last, by document.
        self._pushed: dict[str, str] = {}
        #: The figures that were pulled last, by document; missing while the answer to a pull is outstanding.
        self._pulled: dict[str, str] = {}

    @property
    def _pulls(self) -> bool:
        document = self._server.client_capabilities.text_document
        return bool(document and document.diagnostic)

    @property
    def refreshes(self) -> bool:
        """Whether the client pulls again when asked to."""
        workspace = self._server.client_capabilities.workspace
        refresh = workspace.diagnostics if workspace else None
        return self._pulls and bool(refresh and refresh.refresh_support)

    def asked(self, uri: str) -> None:
        """A pull of a document waits for its answer, which tells the newest figures by itself."""
        self._pulled.pop(uri, None)

    def answered(self, uri: str, figures: Figures | None) -> None:
        """A pull of a document is answered, with these figures."""
        self._pulled[uri] = _identity(metric_diagnostics(self._server, figures, _SEVERITIES))

    def edited(self, uri: str) -> None:
        """A document was opened or edited: who pulls asks by itself."""
        if not self._pulls:
            self._server.perf.look_soon(uri)
            self._server.metrics.look_soon(uri)

    def looked(self, uri: str) -> None:
        """A document was looked at."""
        if not self._pulls:
            self._push(uri)

    def measured(self, uri: str) -> None:
        """A document was measured; its findings were told already, as a rule."""
        if self._pulls:
            now = _identity(metric_diagnostics(self._server, self._server.metrics.last(uri), _SEVERITIES))
            if self._pulled.get(uri, now) != now:
                self.changed(uri)
        elif self._pushed.get(uri, _identity([])) != _identity(self._found(uri)):
            self._push(uri)

    def changed(self, uri: str | None) -> None:
        """Findings may be others now, of one document or of all."""
        server = self._server
        if self._pulls:
            if self.refreshes and server.perf.open_documents():
                server.workspace_diagnostic_refresh(None)
            return
        for one in [uri] if uri is not None else server.perf.open_documents():
            server.perf.look_soon(one)
            server.metrics.look_soon(one)
            self._push(one)

    def closed(self, uri: str) -> None:
        """A document was closed: its findings go."""
        self._pulled.pop(uri, None)
        if not self._pulls:
            self._pushed.pop(uri, None)
            self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _found(self, uri: str) -> list[types.Diagnostic]:
        """What is known at once."""
        server = self._server
        look = server.perf.last(uri)
        found = diagnostics_of(server, uri, look) if look is not None else []
        found += metric_diagnostics(server, server.metrics.last(uri), _SEVERITIES)
        return found + suggestion_diagnostics(server, uri)

    def _push(self, uri: str) -> None:
        server = self._server
        document = server.workspace.document(uri)
        found = self._found(uri)
        self._pushed[uri] = _identity(found)
        version = document.version if document is not None else None
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))


async def hover_parts(
    server: BurnishServer, uri: str, offset: int
) -> tuple[list[str], tuple[int, int] | None]:
    """Markdown on the findings at a place, the narrowest first, and the span of that one."""
    look = server.perf.last(uri)
    if look is None:
        return [], None
    here = [
        one for one in look.held if one.start <= offset <= one.end and not server.perf.refuted(uri, one.found)
    ]
    if not here:
        return [], None
    rules = await server.perf.rules()
    here.sort(key=lambda one: one.end - one.start)
    parts = []
    for one in here:
        found = one.found
        verdict = None
        if not look.broken and found.fixable and found.function:
            verdict = await server.perf.verdicts.recall(server.perf.job(look, found))
        share = server.perf.share(found, look.path)
        parts.append(hover_text(found, rules.get(found.rule), verdict, share, server.perf.page(found.rule)))
    return parts, (here[0].start, here[0].end)
