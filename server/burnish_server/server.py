"""The language server of one client: wiring only. Features live in ``burnish_server.features``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from pygls.exceptions import FeatureNotificationError, FeatureRequestError
from pygls.lsp.server import LanguageServer

from burnish_server.completion.pipeline import Pipeline
from burnish_server.engine_host import EngineHost
from burnish_server.features import (
    consent,
    cursor,
    documents,
    endpoint_key,
    engine_commands,
    hover,
    imports,
    inline_completion,
    learning,
    lifecycle,
    metrics,
    metrics_report,
    outcomes,
    perf,
    perf_actions,
    perf_commands,
    refactor,
    refactor_commands,
    refactor_explain,
    refactor_plans,
    refactor_rename,
    rewrite,
)
from burnish_server.features.rewrite_runs import Rewrites
from burnish_server.learning.service import Learning
from burnish_server.learning.surroundings import ServerSurroundings
from burnish_server.metrics.service import MetricsService
from burnish_server.perf.service import PerfService
from burnish_server.protocol import BurnishProtocol, plain_converter
from burnish_server.refactor.service import RefactorService
from burnish_server.serving.adapters import AdapterService
from burnish_server.settings import Settings
from burnish_server.workspace import BurnishWorkspace, encoding_name
from burnish_server.workspace_feed import WorkspaceFeed
from burnish_telemetry.recorder import Recorder

if TYPE_CHECKING:
    from pygls.server import ServerErrors

__all__ = ["BurnishServer", "create_server", "package_version"]


def package_version() -> str:
    """The installed version of Burnish."""
    try:
        return version("burnish")
    except PackageNotFoundError:
        return "0+unknown"


class BurnishServer(LanguageServer):
    """One client's server. The engine host may be shared with other clients of the same process."""

    protocol: BurnishProtocol

    def __init__(self, host: EngineHost, pipeline: Pipeline) -> None:
        super().__init__(
            "burnish",
            package_version(),
            protocol_cls=BurnishProtocol,
            converter_factory=plain_converter,
            max_workers=2,
        )
        self.host = host
        self.pipeline = pipeline
        self.settings = Settings()
        #: What was refused of the settings received last.
        self.refused: list[str] = []
        self.idle = documents.IdleWarmer(self)
        self.memory = WorkspaceFeed(lambda: host.engine, pipeline.excluded)
        self.surroundings = ServerSurroundings(self)
        self.learning = Learning(Recorder(host.home), self.surroundings)
        self.recording_watch = outcomes.RecordingWatch(self)
        self.perf = PerfService(self)
        self.metrics = MetricsService(self)
        self.refactor = RefactorService(self)
        self.rewrites = Rewrites(self)
        self._at_end: list[Callable[[], None]] = [self.idle.cancel, self.memory.stop, self.learning.end]
        self._at_end.append(partial(pipeline.excluded.remove, self))
        if pipeline.context is not None:
            self._at_end.append(partial(pipeline.context.feed.stop, self))

    @property
    def workspace(self) -> BurnishWorkspace:
        """The client's documents."""
        return self.protocol.workspace

    @property
    def adapters(self) -> AdapterService:
        """Which adapter answers, and who gave an answer: ``server.adapters.served(result.adapter)``."""
        return self.host.adapters

    @property
    def encoding(self) -> str:
        """The negotiated position encoding: ``utf-8``, ``utf-16`` or ``utf-32``."""
        return encoding_name(self.workspace.position_encoding)

    def at_end(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the client goes away."""
        self._at_end.append(callback)

    def disconnect(self) -> None:
        """The client goes away: end what runs on its behalf. May be called twice."""
        for callback in self._at_end:
            callback()

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """Log what went wrong outside of a request; a user cannot act on it, so nothing pops up."""
        if source is not FeatureRequestError:
            kind = "notification" if source is FeatureNotificationError else "message"
            lifecycle.log.error("A %s could not be handled: %s", kind, error)


def create_server(host: EngineHost, pipeline: Pipeline) -> BurnishServer:
    """A server with all features registered, ready to be connected to a transport."""
    server = BurnishServer(host, pipeline)
    for module in (
        lifecycle,
        documents,
        cursor,
        hover,
        inline_completion,
        engine_commands,
        endpoint_key,
        imports,
        outcomes,
        consent,
        learning,
        perf,
        perf_actions,
        perf_commands,
        metrics,
        refactor,
        refactor_commands,
        refactor_rename,
        refactor_plans,
        refactor_explain,
        metrics_report,
        rewrite,
    ):
        module.register(server)
    return server
