"""llama.cpp through llama-cpp-python's low-level API: one model, one context, one sequence.

Only the worker process imports this module: whatever happens in native code happens there.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from burnish_models.engine.decode import Aborted
from burnish_models.engine.loaded_adapters import LoadedAdapters
from burnish_models.engine.native_abort import NativeAbortFlag
from burnish_models.engine.thread_choice import ThreadChoice
from burnish_models.errors import EngineStartError, ModelUnsupportedError

__all__ = ["LlamaBackend", "system_info"]

#: A prompt is evaluated in steps of about this many seconds, but at least so many tokens.
_STEP_SECONDS = 0.15
_LEAST_STEP = 32
#: Tokens of the measurement: few, for a large model on a slow processor takes seconds for them.
_MEASURED_TOKENS = 32
#: Tokens that llama.cpp evaluates at once without a GPU: longer pieces are no faster there, but take more memory.
_CPU_UBATCH = 128
_MOST_VIEWS = 256

_LOG_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


def system_info() -> str:
    """llama.cpp's own line about the CPU features it was built with."""
    return str(lib.llama_print_system_info().decode("utf-8", "replace")).strip()


def _repacks(features: str) -> bool:
    """Whether weights may be repacked for this processor: not where llama.cpp was built with Intel's AMX.

    Some compilers (GCC 12 is one) drop the tiles' configuration as a store that nobody reads, and the first product ends the process
    (ggml-org/llama.cpp#20824, #26954). AMX cannot be switched off alone.
    """
    return "AMX_INT8 = 1" not in features


class LlamaBackend:
    """A loaded model with its context (see :class:`~burnish_models.engine.decode.Backend`).

    Raises:
        EngineStartError: llama.cpp refused the file or could not allocate the context.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int,
        batch_threads: int,
        gpu_layers: int,
        context_tokens: int,
        batch_tokens: int,
        abort: NativeAbortFlag,
    ) -> None:
        self._logs: list[str] = []
        self._log_callback = _LOG_CALLBACK(self._log)
        lib.llama_log_set(ctypes.cast(self._log_callback, lib.llama_log_callback), None)
        lib.llama_backend_init()
        self._model = self._load_model(path, gpu_layers)
        self._vocab = lib.llama_model_get_vocab(self._model)
        self.vocabulary_size = lib.llama_vocab_n_tokens(self._vocab)
        self._batch_tokens = self._step_tokens = min(batch_tokens, context_tokens)
        self._context = self._new_context(threads, batch_threads, context_tokens, abort)
        self._memory = lib.llama_get_memory(self._context)
        self.context_tokens = int(lib.llama_n_ctx(self._context))
        #: As llama.cpp knows them now: for single tokens, for batches; the latter's most.
        self._threads, self._together, self._batch_threads = threads, batch_threads, batch_threads
        self._choice = ThreadChoice(threads, fixed=self.gpu_layers > 0)
        self._batch_choice = ThreadChoice(batch_threads, fixed=self.gpu_layers > 0)
        self._adapters = LoadedAdapters(self._model)
        self._length = 0
        # The batch only points at its tokens: they must outlive the call.
        self._buffer = (lib.llama_token * self._batch_tokens)()
        self._batch = self._new_batch()
        self._views: dict[tuple[int, int], NDArray[np.float32]] = {}

    def _log(self, level: int, text: bytes, _data: object) -> None:
        # 3 and 4 are warnings and errors in ggml's scale; 5 continues the line before.
        if level in (3, 4):
            self._logs.append(text.decode("utf-8", "replace").strip())
            del self._logs[:-20]

    def _why(self) -> str:
        return "; ".join(self._logs[-3:]) if self._logs else "llama.cpp gave no reason"

    def _load_model(self, path: Path, gpu_layers: int) -> Any:
        params = lib.llama_model_default_params()
        offload = bool(lib.llama_supports_gpu_offload())
        self.gpu_layers = (999 if gpu_layers < 0 else gpu_layers) if offload else 0
        params.n_gpu_layers = self.gpu_layers
        params.use_extra_bufts = _repacks(system_info())
        model = lib.llama_model_load_from_file(str(path).encode(), params)
        if not model:
            raise EngineStartError(
                f"llama.cpp could not load {path.name}: {self._why()}. Try another model, or run `burnish doctor`."
            )
        self.gpu_layers = min(self.gpu_layers, lib.llama_model_n_layer(model) + 1)
        return model

    def _new_context(
        self, threads: int, batch_threads: int, context_tokens: int, abort: NativeAbortFlag
    ) -> Any:
        params = lib.llama_context_default_params()
        params.n_ctx = context_tokens
        params.n_batch = params.n_ubatch = self._batch_tokens
        if not self.gpu_layers:
            # Flash attention on the CPU takes twice as long for the few tokens of a guess or of a keystroke as the plain
            # kernels do, and a fifth to a half longer for a single token; only whole prompts gain a little from it.
            params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
            params.n_ubatch = min(_CPU_UBATCH, self._batch_tokens)
        params.n_threads, params.n_threads_batch = threads, batch_threads
        params.no_perf = True
        context = lib.llama_init_from_model(self._model, params)
        if not context:
            raise EngineStartError(
                f"no memory for a context of {context_tokens} tokens ({self._why()}): set a smaller context or model."
            )
        self._abort = abort
        lib.llama_set_abort_callback(context, abort.callback, abort.address)
        return context

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return int(lib.llama_model_n_params(self._model))

    @property
    def bos(self) -> int | None:
        """The token every prompt begins with, where the vocabulary asks for one."""
        return int(lib.llama_vocab_bos(self._vocab)) if lib.llama_vocab_get_add_bos(self._vocab) else None

    @property
    def document_start(self) -> int:
        """The token a document begins after: BOS, or the end-of-text token where there is none."""
        bos = int(lib.llama_vocab_bos(self._vocab))
        return bos if bos >= 0 else int(lib.llama_vocab_eos(self._vocab))

    def end_tokens(self) -> list[int]:
        """Ids that llama.cpp takes for the end of an answer."""
        return [i for i in range(self.vocabulary_size) if lib.llama_vocab_is_eog(self._vocab, i)]

    def pieces(self) -> list[bytes]:
        """Bytes of every token; control tokens as empty bytes."""
        buffer = ctypes.create_string_buffer(512)
        pieces: list[bytes] = []
        for token in range(self.vocabulary_size):
            size = lib.llama_token_to_piece(self._vocab, token, buffer, 512, 0, False)
            pieces.append(buffer.raw[:size] if size > 0 else b"")
        return pieces

    def tokenizer(self, *, leading_space: bool) -> Callable[[str], list[int]]:
        """A function from plain text to ids. SentencePiece's implicit leading space is kept only on request."""
        if leading_space or lib.llama_vocab_type(self._vocab) != lib.LLAMA_VOCAB_TYPE_SPM:
            return self._tokenize
        lead = self._tokenize("\n")

        def without_lead(text: str) -> list[int]:
            tokens = self._tokenize("\n" + text)
            return tokens[len(lead) :] if tokens[: len(lead)] == lead else self._tokenize(text)

        return without_lead

    def tokenize_markup(self, text: str) -> list[int]:
        """The ids of text of the model's own, such as its chat template, where special tokens are written by name."""
        return self._tokenize(text, special=True)

    def _tokenize(self, text: str, *, special: bool = False) -> list[int]:
        if not text:
            return []
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        tokens = (lib.llama_token * size)()
        count = lib.llama_tokenize(self._vocab, data, len(data), tokens, size, False, special)
        if count < 0:
            raise ModelUnsupportedError("the model's tokenizer could not encode this text")
        return list(tokens[:count])

    def length(self) -> int:
        """Number of cached tokens."""
        return self._length

    def truncate(self, length: int) -> int:
        """Keep the first ``length`` cached tokens; models that cannot drop a part start from nothing."""
        if length < self._length:
            if length == 0 or not lib.llama_memory_seq_rm(self._memory, 0, length, -1):
                lib.llama_memory_clear(self._memory, False)
                length = 0
            self._length = length
        return self._length

    def evaluate(self, tokens: list[int], *, logits: bool) -> NDArray[np.float32] | None:
        """Append ``tokens``; logits after the last one as a float32 view of shape (vocabulary,)."""
        if len(tokens) == 1:
            self._decode_one(tokens)
        else:
            self._use(self._threads, self._batch_threads)
            for begin in range(0, len(tokens), self._step_tokens):
                self._decode(tokens[begin : begin + self._step_tokens])
        if not logits:
            return None
        last: NDArray[np.float32] = self._view(lib.llama_get_logits_ith(self._context, -1), 1)[0]
        return last

    def measure_prefill(self, token: int) -> float:
        """Tokens a second of a small prefill, from an empty cache to an empty cache.

        Prompts are evaluated in steps of about :data:`_STEP_SECONDS` from then on: what an abort interrupts is lost, what
        was evaluated before it stays.
        """
        # The first evaluation allocates and maps: better now than under the first keystroke.
        self.evaluate([token], logits=True)
        self.truncate(0)
        began = time.perf_counter()
        self.evaluate([token] * _MEASURED_TOKENS, logits=True)
        rate = _MEASURED_TOKENS / max(time.perf_counter() - began, 1e-6)
        self.truncate(0)
        self._step_tokens = min(self._batch_tokens, max(_LEAST_STEP, int(rate * _STEP_SECONDS)))
        return rate

    def _new_batch(self) -> Any:
        """A batch of sequence 0 that asks for the logits after every token."""
        batch = lib.llama_batch_init(self._batch_tokens, 0, 1)
        for i in range(self._batch_tokens):
            batch.n_seq_id[i], batch.logits[i] = 1, 1
            batch.seq_id[i][0] = 0
        return batch

    def evaluate_each(self, tokens: list[int]) -> NDArray[np.float32]:
        """Append at most ``batch_tokens`` tokens; the logits after each, float32 (tokens, vocabulary).

        The array is a view that the next call overwrites.

        Raises:
            Aborted: the abort flag was set meanwhile.
        """
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, self._length + i
        self._use(self._threads, self._batch_choice.pick())
        began = time.perf_counter()
        self._run(batch, len(tokens))
        self._batch_choice.note((time.perf_counter() - began) * 1000 / len(tokens))
        return self._view(lib.llama_get_logits(self._context), len(tokens))

    def _view(self, logits: Any, rows: int) -> NDArray[np.float32]:
        """llama.cpp's ``rows`` rows of logits as an array; the one made before where they lie at the same place."""
        key = ctypes.addressof(logits.contents), rows
        view = self._views.get(key)
        if view is None:
            if len(self._views) >= _MOST_VIEWS:
                self._views.clear()
            view = self._views[key] = np.ctypeslib.as_array(logits, shape=(rows, self.vocabulary_size))
        return view

    def _decode(self, tokens: list[int]) -> None:
        self._buffer[: len(tokens)] = tokens  # type: ignore[assignment]
        self._run(lib.llama_batch_get_one(self._buffer, len(tokens)), len(tokens))

    def _decode_one(self, tokens: list[int]) -> None:
        self._use(self._choice.pick(), self._together)
        began = time.perf_counter()
        self._decode(tokens)
        self._choice.note((time.perf_counter() - began) * 1000)

    def _use(self, threads: int, together: int) -> None:
        if (threads, together) != (self._threads, self._together):
            lib.llama_set_n_threads(self._context, threads, together)
            self._threads, self._together = threads, together

    def _run(self, batch: Any, size: int) -> None:
        code = lib.llama_decode(self._context, batch)
        if code == 0:
            self._length += size
            if self._abort.reason:
                raise Aborted
            return
        self._length = lib.llama_memory_seq_pos_max(self._memory, 0) + 1
        if code == 2:
            raise Aborted
        raise RuntimeError(f"llama.cpp could not evaluate {size} tokens (code {code}: {self._why()})")

    def save_state(self) -> bytes:
        """The cached sequence as llama.cpp writes it: keys, values and positions."""
        size = lib.llama_state_seq_get_size(self._context, 0)
        buffer = (ctypes.c_uint8 * size)()
        written = lib.llama_state_seq_get_data(self._context, buffer, size, 0)
        return bytes(memoryview(buffer)[:written])

    def restore_state(self, state: bytes, length: int) -> int:
        """Replace the cached sequence by a saved one of ``length`` tokens; returns how many are cached now.

        0 where llama.cpp refuses it: then nothing is cached.
        """
        self.truncate(0)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if lib.llama_state_seq_set_data(self._context, buffer, len(state), 0):
            self._length = length
        else:
            lib.llama_memory_clear(self._memory, False)
        return self._length

    def score(self, tokens: list[int], scored: int) -> float:
        """Negative log-likelihood (nats, summed) of the last ``scored`` of ``tokens`` given all before them.

        Starts from an empty cache and leaves it empty. ``scored`` must be less than ``len(tokens)``.
        """
        self.truncate(0)
        total, first = 0.0, len(tokens) - scored
        for begin in range(0, len(tokens) - 1, self._batch_tokens):
            piece = tokens[begin : begin + self._batch_tokens]
            logits = self.evaluate_each(piece)
            low, high = max(first, begin + 1), min(len(tokens), begin + len(piece) + 1)
            rows = logits[low - begin - 1 : high - begin - 1]
            peaks = rows.max(axis=1)
            normal = peaks + np.log(np.exp(rows - peaks[:, None]).sum(axis=1))
            total += (
                float((normal - rows[np.arange(high - low), tokens[low:high]]).sum()) if high > low else 0.0
            )
        self.truncate(0)
        return total

    def set_adapter(self, path: Path | None, scale: float) -> None:
        """Serve with this LoRA adapter, or with none. The caller must drop the cache afterwards.

        Raises:
            EngineStartError: llama.cpp refused the adapter; the one before stays.
        """
        if path is not None:
            adapter = self._adapters.get(path)
            if not adapter:
                raise EngineStartError(f"llama.cpp refused the adapter {path.name}: {self._why()}")
            adapters = (lib.llama_adapter_lora_p_ctypes * 1)(adapter)
            scales = (ctypes.c_float * 1)(scale)
            lib.llama_set_adapters_lora(self._context, adapters, 1, scales)
        else:
            lib.llama_set_adapters_lora(self._context, None, 0, None)
        self.truncate(0)
        self._adapters.free_spare(serving=path is not None)
