"""Owns the engine of this process: finds the model, loads it in the background, follows its state.

Nothing here blocks: until the model is ready :attr:`EngineHost.engine` is ``None`` and
:attr:`EngineHost.unavailable` says why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from burnish_models.engine.base import Engine, EngineInfo
from burnish_models.errors import ModelsError
from burnish_server.completion.confidence import Judge
from burnish_server.settings import EngineOptions
from burnish_server.team import EndpointKeys, judge_for, with_endpoint

__all__ = ["EngineHost", "ServedModel", "Status", "default_build", "default_resolve"]

log = logging.getLogger(__name__)

#: Seconds between two looks at the model file.
WATCH_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model to serve: its short name, its file, and the calibration of its confidence.

    ``note`` tells the user why it is not the model they selected.
    """

    name: str
    path: Path
    judge: Judge
    note: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What the client is told in ``burnish/status``."""

    state: str = "stopped"
    detail: str = ""
    model: str = ""
    adapter: str | None = None
    backend: str = ""
    threads: int = 0
    gpu_layers: int = 0
    last_latency_ms: float | None = None
    engine_pid: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The wire form (camelCase)."""
        return {
            "state": self.state,
            "detail": self.detail,
            "model": self.model,
            "adapter": self.adapter,
            "backend": self.backend,
            "threads": self.threads,
            "gpuLayers": self.gpu_layers,
            "lastLatencyMs": self.last_latency_ms,
            "enginePid": self.engine_pid,
        }


class BuildEngine(Protocol):
    """Makes an engine for a model file; it is not loaded yet."""

    def __call__(
        self, model: Path, options: EngineOptions, log_file: Path, on_state: Callable[[EngineInfo], None]
    ) -> Engine:
        """Build the engine. ``on_state`` is called with every change, from any thread."""


Resolve = Callable[[Path, str | None], ServedModel]


def default_resolve(home: Path, choice: str | None) -> ServedModel:
    """Find the chosen model (or the selected, or the bundled one) and its calibration.

    Raises:
        ModelsError: there is no such model, or its file is missing.
    """
    from burnish_models.calibration import Calibration
    from burnish_models.selection import resolve_model

    found = resolve_model(home, choice)
    judge = Calibration.default()
    if found.calibration_path is not None:
        try:
            judge = Calibration.load(found.calibration_path)
        except ModelsError as error:
            log.warning("%s The model's own probabilities are used.", error)
    return ServedModel(name=found.name, path=found.path, judge=judge, note=found.note)


def default_build(
    model: Path, options: EngineOptions, log_file: Path, on_state: Callable[[EngineInfo], None]
) -> Engine:
    """A llama.cpp engine in a worker process."""
    from burnish_models.engine import EngineSettings, LlamaCppEngine

    settings = EngineSettings(
        threads=options.threads, gpu_layers=options.gpu_layers, context_tokens=options.context_tokens
    )
    return LlamaCppEngine(model, settings, log_file=log_file, on_state=on_state)


class EngineHost:
    """Loads, watches, reloads and closes the engine; tells listeners about every change of its status."""

    def __init__(
        self,
        home: Path,
        *,
        resolve: Resolve = default_resolve,
        build: BuildEngine = default_build,
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
        for callback in self._reloads:
            callback()
        self._publish(Status(state="loading", last_latency_ms=self.status.last_latency_ms))
        previous = self._loading
        self._loading = asyncio.create_task(self._load(previous), name="burnish-load")
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="burnish-watch")

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
            await engine.load()
            self._engine_changed(engine, engine.describe())
        except (ModelsError, OSError, ValueError) as error:
            log.error("The model could not be loaded: %s", error)
            self._publish(replace(self.status, state="failed", detail=str(error)))

    async def _close_engine(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()

    def _engine_changed(self, engine: Engine, info: EngineInfo) -> None:
        if engine is not self._engine:
            return
        pid = info.extra.get("pid", "")
        remote = info.extra.get("serving") == "remote"
        self._publish(
            replace(
                self.status,
                state=info.state,
                detail=info.detail or (self._served.note if self._served else ""),
                model=self._served.name if self._served and not remote else info.model,
                adapter=info.adapter,
                backend=info.backend,
                threads=info.threads,
                gpu_layers=info.gpu_layers,
                engine_pid=int(pid) if pid.isdigit() else None,
            )
        )

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
