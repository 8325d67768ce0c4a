"""The llama.cpp engine as the language server sees it: a supervised worker process behind the Engine protocol."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from burnish_models.engine import wire
from burnish_models.engine.background import Background
from burnish_models.engine.base import Chunk, EngineInfo, Finish, GenerateRequest
from burnish_models.engine.process import WorkerProcess
from burnish_models.engine.settings import EngineSettings
from burnish_models.errors import (
    EngineClosedError,
    EngineCrashedError,
    EngineError,
    EngineStartError,
    ModelFileError,
)

__all__ = ["LlamaCppEngine"]

_log = logging.getLogger(__name__)
_FIRST_BACKOFF_S = 0.05
_LONGEST_BACKOFF_S = 30.0
#: Memory left for everything else when a model is checked against what is free.
_RESERVED_BYTES = 256 << 20
_LARGEST_PROMPT_CACHE = 512 << 20
#: Fewer evaluated tokens than this say nothing about the speed of a prefill.
_TELLING_TOKENS = 32


class LlamaCppEngine:
    """llama.cpp in a worker process that is restarted when it dies. See :class:`~burnish_models.engine.base.Engine`.

    Args:
        model: the GGUF file.
        settings: threads, GPU layers, context.
        log_file: where the worker's standard error goes; None drops it.
        on_state: called in the event loop whenever :meth:`describe` would answer something new.
    """

    def __init__(
        self,
        model: Path,
        settings: EngineSettings | None = None,
        *,
        log_file: Path | None = None,
        on_state: Callable[[EngineInfo], None] | None = None,
    ) -> None:
        self._model = model
        self._settings = settings or EngineSettings()
        self._log_file = log_file
        self._on_state = on_state or (lambda _info: None)
        self._info = EngineInfo(model.stem, None, "", 0, 0, 0, 0, "", "llama.cpp", "stopped")
        self._worker: WorkerProcess | None = None
        self._ready = asyncio.Event()
        #: Set while the engine is ready or has failed: there is nothing to wait for.
        self._settled = asyncio.Event()
        self._start_lock = asyncio.Lock()
        self._failure: Exception | None = None
        self._restart: asyncio.Task[None] | None = None
        self._adapter: tuple[str | None, float] = (None, 1.0)
        self._crashes = 0
        self._closed = False
        #: What workers before this one evaluated and generated.
        self._past = (0, 0)
        self._background = Background()

    # -- state -----------------------------------------------------------------------------------------------

    def describe(self) -> EngineInfo:
        """What is loaded now. Never blocks."""
        evaluated, generated = self._worker.totals if self._worker is not None else (0, 0)
        return replace(
            self._info,
            evaluated_tokens=self._past[0] + evaluated,
            generated_tokens=self._past[1] + generated,
        )

    def _set_state(self, state: str, detail: str = "", **changes: Any) -> None:
        self._info = replace(self._info, state=state, detail=detail, **changes)
        if state in {"loading", "restarting"}:
            self._settled.clear()
        else:
            self._settled.set()
        self._on_state(self._info)

    # -- starting and stopping -------------------------------------------------------------------------------

    async def load(self) -> None:
        """Start the worker and load the model; returns when it is ready."""
        if self._closed:
            raise EngineClosedError("the engine was closed")
        self._failure = None
        async with self._start_lock:
            if not self._ready.is_set():
                await self._start("loading")

    async def _start(self, state: str) -> None:
        self._set_state(state)
        try:
            worker = self._worker = await WorkerProcess.spawn(self._log_file, self._on_death)
            loaded = await asyncio.wait_for(worker.call(self._load_message()), self._settings.load_timeout_s)
            await self._restore_adapter(worker)
        except TimeoutError as error:
            await self._fail(
                EngineStartError(
                    f"{self._model.name} did not load within {self._settings.load_timeout_s:.0f} s"
                ),
                error,
            )
        except (ModelFileError, EngineError, OSError) as error:
            await self._fail(error, error)
        extra = {
            "pid": str(worker.pid),
            "system_info": loaded["system_info"],
            "quantization": loaded["quantization"],
        }
        fields = {
            k: loaded[k]
            for k in (
                "model",
                "architecture",
                "parameters",
                "context_tokens",
                "threads",
                "gpu_layers",
                "fim_family",
                "prefill_rate",
                "chat",
            )
        }
        self._ready.set()
        self._set_state(
            "ready", **fields, extra=extra, adapter=self._adapter[0] and Path(self._adapter[0]).stem
        )

    async def _fail(self, failure: Exception, cause: Exception) -> None:
        self._failure = failure
        await self._kill()
        self._set_state("failed", str(failure))
        raise failure from cause

    def _load_message(self) -> dict[str, Any]:
        settings = self._settings
        available = max(1, psutil.virtual_memory().available - _RESERVED_BYTES)
        return {
            "op": "load",
            "path": str(self._model),
            "threads": settings.threads,
            "gpu_layers": settings.gpu_layers,
            "context_tokens": settings.context_tokens,
            "batch_tokens": settings.batch_tokens,
            "available_bytes": available,
            "prompt_cache_bytes": settings.prompt_cache_bytes
            if settings.prompt_cache_bytes >= 0
            else min(_LARGEST_PROMPT_CACHE, available // 16),
        }

    async def _kill(self) -> None:
        worker, self._worker = self._worker, None
        self._ready.clear()
        if worker is not None:
            self._add_up(worker)
            await worker.kill()

    def _add_up(self, worker: WorkerProcess) -> None:
        """Keep what a worker that is gone has done."""
        self._past = (self._past[0] + worker.totals[0], self._past[1] + worker.totals[1])

    async def close(self) -> None:
        """Stop the worker and free the model."""
        self._closed = True
        if self._restart is not None:
            self._restart.cancel()
        if self._worker is not None:
            self._worker.end_waiting("EngineClosedError", "the engine was closed")
        await self._kill()
        self._set_state("stopped", extra={})

    # -- dying and coming back -------------------------------------------------------------------------------

    def _on_death(self, worker: WorkerProcess, why: str) -> None:
        if self._closed or self._worker is not worker:
            return
        was_ready = self._ready.is_set()
        self._ready.clear()
        self._worker = None
        self._add_up(worker)
        _log.warning("the engine's worker died (%s)", why)
        worker.end_waiting("EngineCrashedError", f"the engine's worker died ({why}); it is being restarted")
        if was_ready:
            self._crashes += 1
            self._set_state("restarting", f"the engine's worker died ({why})", extra={})
            self._restart = asyncio.create_task(self._restart_later(), name="engine-restart")

    async def _restart_later(self) -> None:
        if self._crashes > self._settings.max_crashes:
            self._failure = EngineStartError(
                f"the engine died {self._crashes} times in a row with {self._model.name}: choose another model, "
                "or restart Burnish after looking at its log"
            )
            self._set_state("failed", str(self._failure))
            return
        if self._crashes > 1:
            await asyncio.sleep(min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 4 ** (self._crashes - 1)))
        async with self._start_lock:
            with contextlib.suppress(EngineError, ModelFileError, OSError):  # recorded as the failed state
                await self._start("restarting")

    # -- requests --------------------------------------------------------------------------------------------

    async def _ready_worker(self) -> WorkerProcess:
        """The worker with the model loaded; waits for it while it loads or restarts."""
        if self._closed:
            raise EngineClosedError("the engine was closed")
        if not self._ready.is_set():
            await self._wait_until_ready()
        if self._worker is None:
            raise EngineCrashedError("the engine's worker is not running")
        return self._worker

    async def _wait_until_ready(self) -> None:
        if self._failure is not None:
            raise EngineStartError(str(self._failure))
        if self._worker is None and self._restart is None:
            await self.load()
            return
        try:
            await asyncio.wait_for(self._settled.wait(), self._settings.load_timeout_s)
        except TimeoutError as error:
            raise EngineStartError("the engine is not ready yet") from error
        if not self._ready.is_set():
            raise EngineStartError(str(self._failure or "the engine stopped"))

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        """Stream the answer to ``request``. Closing the iterator early cancels the request."""
        began = time.perf_counter()
        if not request.background:
            self._background.enter()
        request_id, done, worker = 0, False, None
        try:
            worker = await self._ready_worker()
            while request.background and self._background.waits:
                await self._background.turn()
                worker = await self._ready_worker()
            request_id, frames = worker.open()
            if request.background:
                self._background.add(worker, request_id)
            worker.write({"op": "generate", "id": request_id, "request": wire.encode_request(request)})
            waited = (time.perf_counter() - began) * 1000
            while not done:
                frame = await frames.get()
                if frame["event"] == "chunk":
                    yield Chunk(frame["text"], logprobs=tuple(frame["logprobs"]))
                    continue
                done = True
                if frame["event"] == "error":
                    wire.raise_error(frame)
                self._crashes = 0
                finish = wire.decode_finish(frame["finish"])
                self._note_speed(finish)
                timings = replace(finish.timings, queue_ms=finish.timings.queue_ms + waited)
                yield Chunk("", replace(finish, timings=timings))
        finally:
            if request.background:
                self._background.remove(request_id)
            else:
                self._background.leave()
            if worker is not None and request_id:
                worker.forget(request_id)
                if not done:
                    with contextlib.suppress(EngineCrashedError):
                        worker.write({"op": "cancel", "id": request_id})

    def _note_speed(self, finish: Finish) -> None:
        """Keep the tokens a second of prefills and of decoding, smoothed."""
        info, timings = self._info, finish.timings
        evaluated = finish.prompt_tokens - finish.cached_tokens
        if finish.generated_tokens and evaluated >= _TELLING_TOKENS and timings.prefill_ms > 0:
            info = replace(
                info, prefill_rate=_smooth(info.prefill_rate, evaluated / timings.prefill_ms * 1000)
            )
        if finish.generated_tokens >= 4 and timings.decode_ms > 0:
            rate = finish.generated_tokens / timings.decode_ms * 1000
            info = replace(info, decode_rate=_smooth(info.decode_rate, rate))
        self._info = info

    async def cancel(self) -> None:
        """Abort every request in flight; their streams end with ``cancelled``."""
        if (worker := self._worker) is None:
            return
        for request in worker.requests():
            with contextlib.suppress(EngineCrashedError):
                worker.write({"op": "cancel", "id": request})

    async def score(self, text: str, *, window: int = 1024) -> tuple[float, int]:
        """``(nats, tokens)``: negative log-likelihood of ``text`` summed over its tokens, and their number.

        Text longer than ``window`` tokens is scored in windows that overlap by half.
        """
        worker = await self._ready_worker()
        frame = await worker.call({"op": "score", "text": text, "window": window})
        return float(frame["nats"]), int(frame["tokens"])

    async def remember(self, workspace: str, files: Mapping[str, str | None]) -> int:
        """Add files (name to text; None forgets one) to a workspace's memory; returns its size in tokens."""
        worker = await self._ready_worker()
        frame = await worker.call({"op": "remember", "workspace": workspace, "files": dict(files)})
        return int(frame["tokens"])

    # -- adapters --------------------------------------------------------------------------------------------

    async def set_adapter(self, path: str | None, scale: float = 1.0) -> None:
        """Serve with this LoRA adapter (GGUF) from the next request on; ``None`` serves the base model."""
        worker = await self._ready_worker()
        frame = await worker.call({"op": "adapter", "path": path, "scale": scale})
        self._adapter = (path, scale)
        if worker is self._worker:
            took = {"swap_ms": f"{frame['ms']:.2f}", "swap_cpu_ms": f"{frame['cpu_ms']:.2f}"}
            extra = {**self._info.extra, **took}
            self._set_state(
                self._info.state, self._info.detail, adapter=path and Path(path).stem, extra=extra
            )

    async def _restore_adapter(self, worker: WorkerProcess) -> None:
        path, scale = self._adapter
        if path is None:
            return
        try:
            await worker.call({"op": "adapter", "path": path, "scale": scale})
        except (EngineError, ModelFileError) as error:
            _log.warning("the adapter could not be restored, the base model is served: %s", error)
            self._adapter = (None, 1.0)


def _smooth(known: float, value: float) -> float:
    """Exponential moving average that starts with its first value."""
    return value if known <= 0 else known + 0.2 * (value - known)
