"""The worker process: loads one model and answers requests on standard input, one at a time.

Run as ``python -m burnish_models.engine.worker``. Frames are described in wire.py. Operations in: ``load``,
``generate``, ``cancel``, ``score``, ``remember``, ``adapter``, ``close``. Events out: ``loaded``, ``chunk``, ``done``,
``score``, ``remembered``, ``adapter``, ``error``.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from burnish_models import gguf_file, hardware
from burnish_models.engine import wire
from burnish_models.engine.base import Finish, Timings
from burnish_models.engine.chat import ChatTokenizer
from burnish_models.engine.decode import Decoder
from burnish_models.engine.llama import LlamaBackend, system_info
from burnish_models.engine.memory_service import MemoryService
from burnish_models.engine.native_abort import NativeAbortFlag
from burnish_models.engine.prompt import PromptTokenizer
from burnish_models.engine.vocabulary import Vocabulary
from burnish_models.errors import EngineError, ModelsError
from burnish_models.workspace_memory.default_weights import weights_for

__all__ = ["main"]

_LARGEST_DEFAULT_CONTEXT = 8192
#: So many places' evaluated prompts are kept aside at most, however small the model.
_MOST_PLACES = 16
_SMALL_MODEL_BYTES = 64 << 20


@dataclass
class _Loaded:
    backend: LlamaBackend
    decoder: Decoder
    memories: MemoryService
    info: gguf_file.GgufInfo
    adapter: str | None = None


class Worker:
    """Reads frames in a thread of its own, so that a cancel arrives while native code runs."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._queue: queue.SimpleQueue[tuple[float, dict[str, Any]]] = queue.SimpleQueue()
        self._abort = NativeAbortFlag()
        self._lock = threading.Lock()
        self._current: int | None = None
        self._cancelled: set[int] = set()
        self._loaded: _Loaded | None = None

    def send(self, message: dict[str, Any]) -> None:
        """Write one frame."""
        self._outgoing.write(wire.pack(message))
        self._outgoing.flush()

    def read(self) -> None:
        """The reader thread: queue operations, act on cancels at once, end with the parent."""
        while (message := wire.read_frame(self._incoming)) is not None:
            if message["op"] == "cancel":
                self._cancel(int(message["id"]))
            else:
                self._queue.put((time.perf_counter(), message))
        os._exit(0)

    def _cancel(self, request: int) -> None:
        with self._lock:
            if self._current == request:
                self._abort.set("cancelled")
            else:
                self._cancelled.add(request)

    def serve(self) -> None:
        """Work through the queue until asked to close."""
        while True:
            arrived, message = self._queue.get()
            if message["op"] == "close":
                return
            try:
                self._handle(message, arrived)
            except (ModelsError, RuntimeError, ValueError, OSError, MemoryError) as error:
                self.send(wire.error_frame(error, message.get("id")))

    def _handle(self, message: dict[str, Any], arrived: float) -> None:
        if message["op"] == "load":
            self._load(message)
        elif message["op"] == "generate":
            self._generate(message, arrived)
        elif message["op"] == "adapter":
            self._set_adapter(message)
        elif message["op"] == "score":
            self._score(message)
        elif message["op"] == "remember":
            self._remember(message)
        else:
            raise EngineError(f"unknown operation {message['op']!r}")

    def _load(self, message: dict[str, Any]) -> None:
        path = Path(message["path"])
        info = gguf_file.inspect(path)
        context = int(message["context_tokens"]) or min(info.context_length or 4096, _LARGEST_DEFAULT_CONTEXT)
        available = int(message["available_bytes"]) or None
        info = gguf_file.check(path, available, context, ubatch_tokens=int(message["batch_tokens"]))
        threads, batch_threads = _threads(int(message["threads"]), info.size_bytes)
        backend = LlamaBackend(
            path,
            threads=threads,
            batch_threads=batch_threads,
            gpu_layers=int(message["gpu_layers"]),
            context_tokens=context,
            batch_tokens=int(message["batch_tokens"]),
            abort=self._abort,
        )
        assert info.fim is not None
        ends = {info.token_ids[name] for name in info.fim.stop_tokens if name in info.token_ids}
        vocabulary = Vocabulary(backend.pieces(), ends | set(backend.end_tokens()))
        prompts = PromptTokenizer(
            info.fim, info.token_ids, backend.tokenizer(leading_space=info.fim.leading_space), backend.bos
        )
        memories = MemoryService(backend.tokenizer(leading_space=False), weights_for(backend.parameters))
        places = _MOST_PLACES * context * info.kv_bytes_per_token
        cache_bytes = min(int(message["prompt_cache_bytes"]), places)
        chat = None if info.chat_template is None else ChatTokenizer(info.chat_template, backend)
        decoder = Decoder(backend, vocabulary, prompts, self._abort, cache_bytes, memories, chat)
        self._loaded = _Loaded(backend, decoder, memories, info)
        prefill_rate = backend.measure_prefill(next(iter(info.token_ids.values())))
        self.send(
            {
                "event": "loaded",
                "model": info.name,
                "architecture": info.architecture,
                "parameters": backend.parameters,
                "context_tokens": backend.context_tokens,
                "threads": threads,
                "gpu_layers": backend.gpu_layers,
                "fim_family": info.fim_family,
                "prefill_rate": prefill_rate,
                "system_info": system_info(),
                "quantization": info.quantization,
                "chat": info.instruct,
            }
        )

    def _generate(self, message: dict[str, Any], arrived: float) -> None:
        request_id = int(message["id"])
        if self._loaded is None:
            raise EngineError("no model is loaded")
        request = wire.decode_request(message["request"])
        with self._lock:
            if request_id in self._cancelled:
                self._cancelled.discard(request_id)
                finish = Finish("cancelled", Timings(), 0, 0, 0)
                self.send({"event": "done", "id": request_id, "finish": wire.encode_finish(finish)})
                return
            self._abort.clear()
            self._current = request_id
        queued = (time.perf_counter() - arrived) * 1000
        if request.deadline_ms is not None:
            request = replace(request, deadline_ms=max(0.0, request.deadline_ms - queued))
        decoder, told = self._loaded.decoder, 0

        def emit(text: str) -> None:
            nonlocal told
            if text:
                fresh, told = decoder.logprobs[told:], len(decoder.logprobs)
                self.send({"event": "chunk", "id": request_id, "text": text, "logprobs": fresh})

        try:
            finish = decoder.run(request, emit)
        finally:
            with self._lock:
                self._current = None
                self._cancelled = {i for i in self._cancelled if i > request_id}
        timings = replace(finish.timings, queue_ms=queued, total_ms=finish.timings.total_ms + queued)
        finish = replace(finish, timings=timings, adapter=self._loaded.adapter)
        self.send(
            {
                "event": "done",
                "id": request_id,
                "finish": wire.encode_finish(finish),
                "totals": [self._loaded.decoder.evaluated, self._loaded.decoder.generated],
            }
        )

    def _score(self, message: dict[str, Any]) -> None:
        """Score text in overlapping windows: every token once, with half a window of context where there is one."""
        if self._loaded is None:
            raise EngineError("no model is loaded")
        backend = self._loaded.backend
        tokens = [backend.document_start, *backend.tokenizer(leading_space=False)(message["text"])]
        window = min(int(message["window"]), backend.context_tokens)
        self._abort.clear()
        nats, at = 0.0, 1
        while at < len(tokens):
            begin = max(0, at - window // 2) if at > 1 else 0
            piece = tokens[begin : begin + window]
            nats += backend.score(piece, begin + len(piece) - at)
            at = begin + len(piece)
        self._loaded.decoder.forget()
        self.send({"event": "score", "id": message["id"], "nats": nats, "tokens": len(tokens) - 1})

    def _remember(self, message: dict[str, Any]) -> None:
        if self._loaded is None:
            raise EngineError("no model is loaded")
        tokens = self._loaded.memories.remember(str(message["workspace"]), message["files"])
        self.send({"event": "remembered", "id": message["id"], "tokens": tokens})

    def _set_adapter(self, message: dict[str, Any]) -> None:
        """Swap; what was evaluated with the adapter before is forgotten, in the context and aside."""
        if self._loaded is None:
            raise EngineError("no model is loaded")
        began, worked = time.perf_counter(), time.thread_time()
        path = Path(message["path"]) if message["path"] else None
        if path is not None:
            gguf_file.check_adapter(path, self._loaded.info)
        self._loaded.backend.set_adapter(path, float(message["scale"]))
        self._loaded.decoder.forget()
        self._loaded.adapter = None if path is None else path.stem
        took, work = time.perf_counter() - began, time.thread_time() - worked
        self.send({"event": "adapter", "id": message["id"], "ms": took * 1000, "cpu_ms": work * 1000})


def _threads(wanted: int, model_bytes: int) -> tuple[int, int]:
    """Threads for generating and for prefills.

    A token of a very small model takes about as long as waking the other threads at every graph node, and where
    another program holds a core, waiting for the slowest thread costs hundreds of milliseconds: one thread then.
    """
    if wanted:
        return wanted, wanted
    recommended = hardware.recommended_threads()
    return (1, min(recommended, 2)) if model_bytes < _SMALL_MODEL_BYTES else (recommended, recommended)


def _private_output() -> BinaryIO:
    """A stream to the parent that stray prints cannot reach: standard output itself becomes standard error."""
    private = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return private


def _die_first() -> None:
    """Ask the kernel to end this process before the editor or the language server when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("600", encoding="ascii")


def main() -> None:
    """Serve until the parent closes the pipe."""
    _die_first()
    worker = Worker(os.fdopen(os.dup(0), "rb"), _private_output())
    threading.Thread(target=worker.read, name="frames", daemon=True).start()
    worker.serve()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
