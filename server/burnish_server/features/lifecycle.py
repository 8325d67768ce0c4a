"""From ``initialize`` to ``shutdown``: settings, the status notification, and loading the model meanwhile."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.uris import to_fs_path

from burnish_server.engine_parts import Status
from burnish_server.features.metrics import metrics_changed
from burnish_server.features.progress import WorkProgress
from burnish_server.settings import read_settings

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["STATUS", "current_status", "register"]

log = logging.getLogger("burnish_server")

STATUS = "burnish/status"
SECTION = "burnish"


def register(server: BurnishServer) -> None:
    """Register the lifecycle handlers."""
    reporter = _StatusReporter(server)
    server.at_end(reporter.stop)

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        options = params.initialization_options
        raw = options.get("settings") if isinstance(options, dict) else None
        telemetry = options.get("editorTelemetry", True) if isinstance(options, dict) else True
        server.learning.editor_telemetry = telemetry is True
        # Editors without such a notion do not say it; what cannot be understood counts as no.
        server.perf.verdicts.trusted = (
            options.get("trusted", True) if isinstance(options, dict) else True
        ) is True
        server.perf.previews = isinstance(options, dict) and options.get("previewsFixes") is True
        server.metrics.clickable = isinstance(options, dict) and options.get("showsComplexity") is True
        server.metrics.explains = isinstance(options, dict) and options.get("explainsFindings") is True
        server.refactor.asks = isinstance(options, dict) and options.get("asksRefactorings") is True
        if (client := params.client_info) is not None:
            server.surroundings.client = f"{client.name} {client.version or ''}".strip()
        apply_settings(server, raw)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        reporter.start()
        server.learning.recorder.maintain()
        server.recording_watch.start()
        await _register_for_changes(server)
        await _pull_settings(server)
        if server.settings.completion.enabled:
            server.host.start()
        remember_workspace(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        if not await _pull_settings(server) and params.settings:
            apply_settings(server, params.settings)
        if server.settings.completion.enabled:
            server.host.start()
        remember_workspace(server)
        reporter.send()

    @server.feature(types.SHUTDOWN)
    def shutdown(_: None) -> None:
        server.disconnect()


def current_status(server: BurnishServer) -> dict[str, Any]:
    """The status object; ``disabled`` while the user has switched completions off."""
    status = server.host.status.as_json() | {"recording": server.learning.recording}
    if not server.settings.completion.enabled:
        status["state"] = "disabled"
        status["detail"] = "Completions are switched off (burnish.completion.enabled)."
    return status


def apply_settings(server: BurnishServer, raw: object) -> None:
    """Take over settings; what was refused is told once, and what the engine needs makes it load again."""
    if raw is None:
        return
    settings, problems = read_settings(raw)
    told, server.refused = server.refused, problems
    for problem in [problem for problem in problems if problem not in told]:
        log.warning("%s", problem)
        server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"Burnish: {problem}"))
    before, server.settings = server.settings, settings
    server.pipeline.settings = settings.completion
    excluded = server.pipeline.excluded.put(server, settings.completion.exclude, _folders(server))
    if excluded or settings.metrics != before.metrics:
        metrics_changed(server)
    if excluded or (settings.perf, settings.metrics) != (before.perf, before.metrics):
        server.perf.settings_changed()
    if excluded or settings.refactor != before.refactor:
        server.refactor.settings_changed()
        server.perf.watcher.changed(None)
    if excluded:
        # What is being written, and what was, may come from a file that is excluded now.
        server.pipeline.reset()
    logging.getLogger("burnish_server").setLevel(settings.log_level.upper())
    host = server.host
    host.background.idle.wanted = settings.learning.train_when_idle
    if (settings.model, settings.engine) == (before.model, before.engine):
        return
    if (settings.model, replace(settings.engine, adapter=before.engine.adapter)) == (
        before.model,
        before.engine,
    ):
        host.use_adapter(settings.engine.adapter)
        return
    if host.started:
        host.reload(choice=settings.model, options=settings.engine)
    else:
        host.choice, host.options = settings.model, settings.engine


def remember_workspace(server: BurnishServer) -> None:
    """Begin to feed the memory and the code graph of the client's folders, or end it, as the settings say."""
    roots = _folders(server)
    server.memory.start(roots if server.settings.memory.enabled else [])
    if server.pipeline.context is not None:
        wanted = server.settings.context.enabled and server.settings.completion.enabled
        server.pipeline.context.feed.start(roots if wanted else [], server)


def _folders(server: BurnishServer) -> list[Path]:
    """The folders that the client has open."""
    folders = [folder.uri for folder in server.workspace.folders.values()]
    names = folders or ([server.workspace.root_uri] if server.workspace.root_uri else [])
    return [Path(name) for uri in names if (name := to_fs_path(uri))]


async def _register_for_changes(server: BurnishServer) -> None:
    workspace = server.client_capabilities.workspace
    change = workspace.did_change_configuration if workspace else None
    if change is None or not change.dynamic_registration:
        return
    registration = types.Registration(
        id="burnish-configuration",
        method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        register_options={"section": SECTION},
    )
    try:
        await server.client_register_capability_async(types.RegistrationParams([registration]))
    except JsonRpcException as error:
        log.warning("The client refused to tell about changed settings: %s", error)


async def _pull_settings(server: BurnishServer) -> bool:
    """Ask the client for its settings; whether it answered."""
    workspace = server.client_capabilities.workspace
    if workspace is None or not workspace.configuration:
        return False
    params = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
    try:
        values = await asyncio.wait_for(server.workspace_configuration_async(params), timeout=5.0)
    except (JsonRpcException, TimeoutError) as error:
        log.warning("The client did not tell its settings: %s", error or "no answer in 5 seconds")
        return False
    if not values or values[0] is None:
        return False
    apply_settings(server, values[0])
    return True


class _StatusReporter:
    """Sends ``burnish/status`` on every change, and a progress bar while the model loads."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self._stop: Any = None
        self._progress: WorkProgress | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Follow the engine from now on, beginning with its present state."""
        if self._stop is None:
            self._stop = self._server.host.subscribe(self._changed)
            self._changed(self._server.host.status)

    def stop(self) -> None:
        """Follow it no longer."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def send(self) -> None:
        """Send the present status."""
        self._server.protocol.notify(STATUS, current_status(self._server))

    def _changed(self, status: Status) -> None:
        self.send()
        if status.state == "loading" and self._progress is None:
            self._progress = WorkProgress(self._server, "Burnish")
            task = asyncio.get_running_loop().create_task(self._progress.begin("Loading the model"))
            self._tasks.add(task)
            task.add_done_callback(self._began)
        elif self._progress is not None:
            if status.state == "loading":
                self._progress.report(status.detail)
            else:
                self._progress.end("" if status.state != "failed" else "The model could not be loaded")
                self._progress = None

    def _began(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
