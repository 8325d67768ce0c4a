"""The engine's decoder in this process, for benchmarks that look at single probabilities."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from burnish_models import gguf_file
from burnish_models.engine.base import FimPrompt, GenerateRequest, StopRules
from burnish_models.engine.decode import Decoder
from burnish_models.engine.llama import LlamaBackend
from burnish_models.engine.memory_service import MemoryService
from burnish_models.engine.native_abort import NativeAbortFlag
from burnish_models.engine.prompt import PromptTokenizer
from burnish_models.engine.vocabulary import Vocabulary
from burnish_models.workspace_memory.default_weights import weights_for

__all__ = ["Served"]

_MOST_TOKENS = 48


class Served:
    """A model as the worker serves it.

    Args:
        model: a GGUF file.
        remembered: files (name to text) of workspaces, by the workspace's name.
        threads: processor threads.
    """

    def __init__(
        self,
        model: Path,
        remembered: Mapping[str, Mapping[str, str]],
        context_tokens: int = 0,
        threads: int = 1,
    ) -> None:
        info = gguf_file.inspect(model)
        abort = NativeAbortFlag()
        self._backend = LlamaBackend(
            model,
            threads=threads,
            batch_threads=threads,
            gpu_layers=0,
            context_tokens=context_tokens or min(info.context_length or 4096, 8192),
            batch_tokens=512,
            abort=abort,
        )
        assert info.fim is not None
        self.context_tokens = self._backend.context_tokens
        self.parameters = self._backend.parameters
        self._tokenize = self._backend.tokenizer(leading_space=False)
        self._prompts = PromptTokenizer(
            info.fim,
            info.token_ids,
            self._backend.tokenizer(leading_space=info.fim.leading_space),
            self._backend.bos,
        )
        ends = {info.token_ids[name] for name in info.fim.stop_tokens if name in info.token_ids}
        vocabulary = Vocabulary(self._backend.pieces(), ends | set(self._backend.end_tokens()))
        memories = MemoryService(self._tokenize, weights_for(self._backend.parameters))
        for workspace, files in remembered.items():
            memories.remember(workspace, files)
        time.sleep(3 if remembered else 0)  # the index is built in the background
        self._decoder = Decoder(self._backend, vocabulary, self._prompts, abort, 0, memories)

    def score(self, prompt: FimPrompt, rest: str) -> tuple[float, int]:
        """Log-probability (nats) of ``rest`` and a line end after ``prompt``, memory off, and the prompt's tokens.

        The last letters of the prompt are spelled again together with ``rest``, as they are when served.
        """
        tokens, answer, rows = self.expected(prompt, rest)
        return sum(math.log(max(row[token], 1e-300)) for row, token in zip(rows, answer, strict=True)), len(
            tokens
        )

    def expected(
        self, prompt: FimPrompt, rest: str
    ) -> tuple[list[int], list[int], list[NDArray[np.float64]]]:
        """Of a prompt and what the author wrote after it: the prompt's tokens, the rest's, and the model's probabilities
        of every token (one row for each of the rest's), memory off.
        """
        built = self._prompts.build(prompt, self.context_tokens - 2 * _MOST_TOKENS)
        answer = self._tokenize(built.healing + rest.rstrip() + "\n")[: 2 * _MOST_TOKENS - 2]
        self._decoder.forget()
        first = self._backend.evaluate(built.tokens, logits=True)
        assert first is not None
        rows = [np.array(first, dtype=np.float64)]
        if len(answer) > 1:
            rows += list(np.array(self._backend.evaluate_each(answer[:-1]), dtype=np.float64))
        self._decoder.forget()
        exponents = [np.exp(row - row.max()) for row in rows]
        return built.tokens, answer, [row / row.sum() for row in exponents]

    def tokens(self, text: str) -> list[int]:
        """Plain text as tokens."""
        return self._tokenize(text)

    def complete(self, prompt: FimPrompt, workspace: str, document: str) -> str:
        """The answer on one line, greedy, with the memory of ``workspace`` without ``document``."""
        pieces: list[str] = []
        request = GenerateRequest(
            prompt, StopRules(), _MOST_TOKENS, memory=workspace, document=document, speculate=False
        )
        self._decoder.run(request, pieces.append)
        return "".join(pieces).rstrip()
