"""The llama.cpp engine as the language server sees it: a supervised worker process behind the Engine protocol."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from burnish_models.engine import wire
from burnish_models.engine.base import Chunk, EngineInfo, GenerateRequest
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


@dataclass
class _Process:
    """One worker process and the task that reads its frames."""

    process: asyncio.subprocess.Process
    reader: asyncio.Task[None]


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
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._worker: _Process | None = None
        self._ready = asyncio.Event()
        #: Set while the engine is ready or has failed: there is nothing to wait for.
        self._settled = asyncio.Event()
        self._start_lock = asyncio.Lock()
        self._failure: Exception | None = None
        self._restart: asyncio.Task[None] | None = None
        self._adapter: tuple[str | None, float] = (None, 1.0)
        self._crashes = 0
        self._closed = False

    # -- state -----------------------------------------------------------------------------------------------

    def describe(self) -> EngineInfo:
        """What is loaded now. Never blocks."""
        return self._info

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
            await self._spawn()
            loaded = await asyncio.wait_for(self._call(self._load_message()), self._settings.load_timeout_s)
            await self._restore_adapter()
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
            "pid": str(self._pid()),
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
        }

    async def _spawn(self) -> None:
        log = open(self._log_file, "ab") if self._log_file else None  # noqa: PTH123, SIM115 - closed below
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "burnish_models.engine.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log if log is not None else asyncio.subprocess.DEVNULL,
                start_new_session=os.name == "posix",
                # On an abort ggml would start a debugger, which writes into the worker's pipe.
                env={**os.environ, "GGML_NO_BACKTRACE": "1"},
            )
        finally:
            if log is not None:
                log.close()
        reader = asyncio.create_task(self._read(process), name="engine-reader")
        self._worker = _Process(process, reader)

    def _pid(self) -> int | None:
        return self._worker.process.pid if self._worker else None

    async def _kill(self) -> None:
        worker, self._worker = self._worker, None
        self._ready.clear()
        if worker is None:
            return
        worker.reader.cancel()
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
        await worker.process.wait()

    async def close(self) -> None:
        """Stop the worker and free the model."""
        self._closed = True
        if self._restart is not None:
            self._restart.cancel()
        self._end_waiting("EngineClosedError", "the engine was closed")
        await self._kill()
        self._set_state("stopped", extra={})

    # -- frames ----------------------------------------------------------------------------------------------

    def _write(self, message: dict[str, Any]) -> None:
        if self._worker is None or self._worker.process.stdin is None:
            raise EngineCrashedError("the engine's worker is not running")
        self._worker.process.stdin.write(wire.pack(message))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Deliver frames until the pipe ends, which means that the worker died."""
        assert process.stdout is not None
        try:
            while True:
                (size,) = wire.HEADER.unpack(await process.stdout.readexactly(wire.HEADER.size))
                frame = json.loads(await process.stdout.readexactly(size))
                waiting = self._waiting.get(int(frame.get("id") or 0))
                if waiting is not None:
                    waiting.put_nowait(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._on_death(process)

    async def _on_death(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if self._closed or self._worker is None or self._worker.process is not process:
            return
        was_ready = self._ready.is_set()
        self._ready.clear()
        self._worker = None
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        _log.warning("the engine's worker died (%s)", why)
        self._end_waiting("EngineCrashedError", f"the engine's worker died ({why}); it is being restarted")
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

    def _end_waiting(self, kind: str, message: str) -> None:
        for waiting in self._waiting.values():
            waiting.put_nowait({"event": "error", "kind": kind, "message": message})

    async def _call(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send an operation and wait for its one answer."""
        request = next(self._ids) if message["op"] != "load" else 0
        answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._waiting[request] = answers
        try:
            self._write({**message, "id": request})
            frame = await answers.get()
        finally:
            self._waiting.pop(request, None)
        if frame["event"] == "error":
            wire.raise_error(frame)
        return frame

    # -- requests --------------------------------------------------------------------------------------------

    async def _until_ready(self) -> None:
        if self._closed:
            raise EngineClosedError("the engine was closed")
        if self._ready.is_set():
            return
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
        await self._until_ready()
        request_id = next(self._ids)
        frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._waiting[request_id] = frames
        done = False
        try:
            self._write({"op": "generate", "id": request_id, "request": wire.encode_request(request)})
            waited = (time.perf_counter() - began) * 1000
            while not done:
                frame = await frames.get()
                if frame["event"] == "chunk":
                    yield Chunk(frame["text"])
                    continue
                done = True
                if frame["event"] == "error":
                    wire.raise_error(frame)
                self._crashes = 0
                finish = wire.decode_finish(frame["finish"])
                timings = replace(finish.timings, queue_ms=finish.timings.queue_ms + waited)
                yield Chunk("", replace(finish, timings=timings))
        finally:
            self._waiting.pop(request_id, None)
            if not done:
                with contextlib.suppress(EngineCrashedError):
                    self._write({"op": "cancel", "id": request_id})

    async def cancel(self) -> None:
        """Abort every request in flight; their streams end with ``cancelled``."""
        for request in [i for i in self._waiting if i]:
            with contextlib.suppress(EngineCrashedError):
                self._write({"op": "cancel", "id": request})

    async def score(self, text: str, *, window: int = 1024) -> tuple[float, int]:
        """``(nats, tokens)``: negative log-likelihood of ``text`` summed over its tokens, and their number.

        Text longer than ``window`` tokens is scored in windows that overlap by half.
        """
        await self._until_ready()
        frame = await self._call({"op": "score", "text": text, "window": window})
        return float(frame["nats"]), int(frame["tokens"])

    # -- adapters --------------------------------------------------------------------------------------------

    async def set_adapter(self, path: str | None, scale: float = 1.0) -> None:
        """Serve with this LoRA adapter (GGUF) from the next request on; ``None`` serves the base model."""
        await self._until_ready()
        await self._call({"op": "adapter", "path": path, "scale": scale})
        self._adapter = (path, scale)
        self._set_state("ready", adapter=path and Path(path).stem)

    async def _restore_adapter(self) -> None:
        path, scale = self._adapter
        if path is None:
            return
        try:
            await self._call({"op": "adapter", "path": path, "scale": scale})
        except (EngineError, ModelFileError) as error:
            _log.warning("the adapter could not be restored, the base model is served: %s", error)
            self._adapter = (None, 1.0)
