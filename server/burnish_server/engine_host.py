"""Owns the engine of this process: finds the model, loads it in the background, follows its state.

Nothing here blocks: until the model is ready :attr:`EngineHost.engine` is ``None`` and
:attr:`EngineHost.unavailable` says why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from burnish_models.engine.base import Engine, EngineInfo
from burnish_models.errors import ModelsError
from burnish_server.completion.confidence import Judge
from burnish_server.engine_parts import (
    BuildEngine,
    Resolve,
    ServedModel,
    Status,
    default_build,
    default_resolve,
)
from burnish_server.serving.adapters import AdapterService
from burnish_server.serving.background import BackgroundLearning
from burnish_server.settings import EngineOptions
from burnish_server.team import EndpointKeys, judge_for, with_endpoint
from burnish_telemetry.consent import ConsentFile
from burnish_telemetry.errors import ConsentError

__all__ = ["EngineHost"]

log = logging.getLogger(__name__)

#: Seconds between two looks at the model file.
WATCH_SECONDS = 3.0


class EngineHost:
    """Loads, watches, reloads and closes the engine; tells listeners about every change of its status."""

    def __init__(
        self,
        home: Path,
        *,
        resolve: Resolve = default_resolve,
        build: BuildEngine = default_build,
        adapters: AdapterService | None = None,
    ) -> None:
        self.home = home
        self.options = EngineOptions()
        self.choice = ""
        self.status = Status()
        self._resolve = resolve
        self._build = build
        self._engine: Engine | None = None
        self._served: ServedModel | None = None
        self._loading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[Status], None]] = []
        self._reloads: list[Callable[[], None]] = []
        self._keys = EndpointKeys()
        #: The adapter follows the registry; see there.
        self.adapters = adapters or AdapterService(home, comparing=self._comparing)
        self.adapters.on_change(self._adapter_changed)
        self.background = BackgroundLearning(home, self.adapters, self._model_file)
        self._attaching = False
        self._consent = ConsentFile(home)

    @property
    def engine(self) -> Engine | None:
        """The engine, when it can be asked (an engine that restarts itself can)."""
        return self._engine if self.status.state in {"ready", "restarting"} else None

    @property
    def unavailable(self) -> tuple[str, str]:
        """The rule and the detail to give while there is no engine."""
        return f"engine-{self.status.state}", self.status.detail if self.status.state == "failed" else ""

    @property
    def judge(self) -> Judge:
        """The calibration of the model that serves."""
        if self._served is not None:
            local = self._served.judge
            return (
                judge_for(self._engine, local, self._served.path.stem) if self.options.endpoint.url else local
            )
        from burnish_models.calibration import Calibration

        return Calibration.default()

    @property
    def started(self) -> bool:
        """Whether loading has been asked for."""
        return self._loading is not None

    def subscribe(self, listener: Callable[[Status], None]) -> Callable[[], None]:
        """Call ``listener`` with every new status; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_reload(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever another model is about to serve."""
        self._reloads.append(callback)

    def note_latency(self, milliseconds: float) -> None:
        """Take note of how long the last answered request took."""
        self._publish(replace(self.status, last_latency_ms=round(milliseconds, 1)))

    def set_endpoint_key(self, endpoint: str, key: str) -> None:
        """Send this key to that endpoint from now on (an empty one: none), and try it again if it was refused."""
        if self._keys.put(endpoint, key) and (retry := getattr(self._engine, "retry_now", None)) is not None:
            retry()

    def start(self) -> None:
        """Begin to load the model, unless that has been done. Returns at once."""
        if not self.started:
            self.reload()

    def reload(self, *, choice: str | None = None, options: EngineOptions | None = None) -> None:
        """Load again, another model or with other options where given. Returns at once."""
        self.choice = self.choice if choice is None else choice
        self.options = options or self.options
        self.adapters.use(self.options.adapter)
        for callback in self._reloads:
            callback()
        self._publish(Status(state="loading", last_latency_ms=self.status.last_latency_ms))
        previous = self._loading
        self._loading = asyncio.create_task(self._load(previous), name="burnish-load")
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="burnish-watch")

    def use_adapter(self, adapter: str) -> None:
        """Take over the setting of the adapter; the model stays loaded."""
        self.options = replace(self.options, adapter=adapter)
        self.adapters.use(adapter)

    async def ready(self) -> Status:
        """Wait until loading has ended, well or badly."""
        while (task := self._loading) is not None and not task.done():
            await asyncio.wait({task})
        return self.status

    async def close(self) -> None:
        """Stop the engine and everything that runs here."""
        for task in (self._watching, self._loading):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        self._watching = None
        await self.background.close()
        await self.adapters.close()
        await self._close_engine()
        self._publish(Status())

    async def _load(self, previous: asyncio.Task[None] | None) -> None:
        if previous is not None and not previous.done():
            previous.cancel()
            await asyncio.wait({previous})
        await self._close_engine()
        try:
            served = await asyncio.to_thread(self._resolve, self.home, self.choice or None)
            self._served = served
            self._publish(replace(self.status, model=served.name, detail=f"Loading {served.path.name}"))
            loop = asyncio.get_running_loop()
            log_file = self.home / "logs" / "engine.log"
            engine: Engine

            def on_state(info: EngineInfo) -> None:
                loop.call_soon_threadsafe(lambda: self._engine_changed(engine, info))

            def build(notify: Callable[[EngineInfo], None]) -> Engine:
                return self._build(served.path, self.options, log_file, notify)

            endpoint = self.options.endpoint
            engine = with_endpoint(build, endpoint, self._keys, on_state) if endpoint.url else build(on_state)
            self._engine = engine
            await self._load_with_adapter(engine, served.path, wait=not endpoint.url)
            self._engine_changed(engine, engine.describe())
        except (ModelsError, OSError, ValueError) as error:
            log.error("The model could not be loaded: %s", error)
            self._publish(replace(self.status, state="failed", detail=str(error)))
        finally:
            self._attaching = False

    async def _load_with_adapter(self, engine: Engine, model: Path, *, wait: bool) -> None:
        """Load, and have the first answer given by the adapter; an endpoint answers without waiting for the local model."""
        self._attaching = wait
        prepared = asyncio.create_task(self.adapters.prepare(model), name="burnish-adapter-choice")
        try:
            await engine.load()
            await prepared
        finally:
            prepared.cancel()
        self.adapters.attach(engine)
        if wait:
            await self.adapters.look_now()
            self._attaching = False
        self.adapters.look()
        self.adapters.start()
        self.background.start()

    async def _close_engine(self) -> None:
        self.adapters.detach()
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()

    def _engine_changed(self, engine: Engine, info: EngineInfo) -> None:
        if engine is not self._engine:
            return
        if info.state == "restarting" and self.status.state != "restarting":
            self.adapters.crashed()
        pid = info.extra.get("pid", "")
        remote = info.extra.get("serving") == "remote"
        ready = info.state == "ready"
        self._publish(
            replace(
                self.status,
                # Ready only once the adapter serves: the first answer is its own.
                state="loading" if self._attaching and ready else info.state,
                detail=info.detail or self._detail(),
                model=self._served.name if self._served and not remote else info.model,
                adapter=None if remote else self.adapters.active.name,
                backend=info.backend,
                threads=info.threads,
                gpu_layers=info.gpu_layers,
                engine_pid=int(pid) if pid.isdigit() else None,
            )
        )

    def _adapter_changed(self) -> None:
        if self._engine is not None:
            self._engine_changed(self._engine, self._engine.describe())

    def _model_file(self) -> Path | None:
        return self._served.path if self._served is not None else None

    def _detail(self) -> str:
        note = self._served.note if self._served else ""
        return f"{note} {self.adapters.detail}".strip()

    def _comparing(self) -> bool:
        """Whether the model alone should take turns: only where outcomes are recorded, and it answers at all."""
        if self.options.endpoint.url:
            return False
        try:
            return self._consent.read().record.holds
        except ConsentError:
            return False

    def _publish(self, status: Status) -> None:
        if status == self.status:
            return
        self.status = status
        for listener in list(self._listeners):
            listener(status)

    async def _watch(self) -> None:
        """Load again when the model file changes, once it has stopped changing."""
        known: object = None
        path: Path | None = None
        pending: object = None
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            served = self._served
            if served is None:
                continue
            present = _fingerprint(served.path)
            if served.path != path:
                path, known, pending = served.path, present, None
            elif present == known or present is None:
                pending = None
            elif pending != present:
                pending = present
            else:
                log.info("The model file %s changed; loading it again.", path.name)
                known, pending = present, None
                self.reload()


def _fingerprint(path: Path) -> object:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
