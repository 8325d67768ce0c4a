"""The decode loop: prompt in, text out, with cache reuse, token healing, stop rules and aborts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from burnish_models.engine.answer_text import AnswerText
from burnish_models.engine.base import Finish, GenerateRequest, Timings
from burnish_models.engine.chat import ChatTokenizer
from burnish_models.engine.drafts import Lookup
from burnish_models.engine.memory_service import MemoryService
from burnish_models.engine.prompt import PromptTokenizer, PromptTokens
from burnish_models.engine.prompt_cache import PromptCache, SavedPrompt, common_prefix
from burnish_models.engine.sampler import Sampler, SamplerTables
from burnish_models.engine.speculation import DraftPolicy, Lookahead
from burnish_models.engine.vocabulary import Vocabulary
from burnish_models.errors import EngineError
from burnish_models.workspace_memory.recall import Recall

__all__ = ["AbortFlag", "Aborted", "Backend", "Decoder"]


class Aborted(Exception):
    """Evaluation was aborted; what was evaluated before stays in the cache."""


class AbortFlag(Protocol):
    """Something that makes a running evaluation stop, from any thread."""

    reason: str

    def set(self, reason: str) -> None:
        """Ask the running evaluation to stop."""

    def clear(self) -> None:
        """Forget earlier requests to stop."""


class Backend(Protocol):
    """A loaded model with one sequence of cached tokens."""

    context_tokens: int

    def evaluate(self, tokens: list[int], *, logits: bool) -> NDArray[np.float32] | None:
        """Append ``tokens`` to the cached sequence; with ``logits``, return those after the last one.

        The array is a view that the next call overwrites.

        Raises:
            Aborted: the abort flag was set meanwhile.
        """

    def truncate(self, length: int) -> int:
        """Keep the first ``length`` cached tokens; returns how many are left."""

    def length(self) -> int:
        """Number of cached tokens."""

    def evaluate_each(self, tokens: list[int]) -> NDArray[np.float32]:
        """Append a few ``tokens``; the logits after each, (tokens, vocabulary), a view that the next call overwrites.

        Raises:
            Aborted: the abort flag was set meanwhile.
        """

    def save_state(self) -> bytes:
        """The cached sequence, to be given back to :meth:`restore_state`."""

    def restore_state(self, state: bytes, length: int) -> int:
        """Replace the cached sequence by a saved one of ``length`` tokens; returns how many are cached now."""


class Decoder:
    """Serves one request at a time on a backend.

    Args:
        backend: the loaded model.
        vocabulary: its token bytes and end tokens.
        prompts: tokenises prompts.
        abort: set from another thread to stop a request.
        cache_bytes: budget for prompts that are kept aside.
        memories: the workspaces' memories.
        chat: tokenises conversations, where the model has them.
    """

    def __init__(
        self,
        backend: Backend,
        vocabulary: Vocabulary,
        prompts: PromptTokenizer,
        abort: AbortFlag,
        cache_bytes: int = 0,
        memories: MemoryService | None = None,
        chat: ChatTokenizer | None = None,
    ) -> None:
        self._backend = backend
        self._vocabulary = vocabulary
        self._tables = SamplerTables(vocabulary)
        self._prompts = prompts
        self._chat = chat
        self._abort = abort
        self._tokens: list[int] = []
        self._aside = PromptCache(cache_bytes)
        self._policy = DraftPolicy()
        self._memories = memories
        #: Tokens of prompts evaluated and tokens generated so far, by aborted requests too.
        self.evaluated = 0
        self.generated = 0
        #: Log-probabilities of what the present request has generated.
        self.logprobs: list[float] = []

    def forget(self) -> None:
        """Drop the cache (after an adapter swap: the old adapter's keys and values must not be served)."""
        self._tokens = []
        self._aside.clear()
        self._backend.truncate(0)

    def run(self, request: GenerateRequest, emit: Callable[[str], None]) -> Finish:
        """Answer ``request``, calling ``emit`` with each piece of text as it becomes certain."""
        began = time.perf_counter()
        timer = self._start_deadline(request)
        try:
            return self._run(request, emit, began)
        finally:
            if timer is not None:
                timer.cancel()

    def _start_deadline(self, request: GenerateRequest) -> threading.Timer | None:
        if request.deadline_ms is None:
            return None
        timer = threading.Timer(max(0.0, request.deadline_ms) / 1000, self._abort.set, ["deadline"])
        timer.daemon = True
        timer.start()
        return timer

    def _run(self, request: GenerateRequest, emit: Callable[[str], None], began: float) -> Finish:
        room = self._backend.context_tokens - (request.max_tokens if request.generate else 1) - 1
        prompt = self._prompt(request, max(16, room))
        cached = self._reuse(prompt.tokens)
        logprobs = self.logprobs = []
        decode_began = None
        reason = "stop"
        recall = (
            self._memories.recall(prompt.tokens, request.memory, request.document)
            if self._memories is not None and request.memory and request.generate
            else None
        )
        lookup = Lookup(prompt.tokens, recall) if request.speculate and request.generate else None
        ahead = Lookahead(self, lookup, self._policy)
        out = AnswerText(prompt.healing.encode(), request.stop, emit)
        try:
            logits = self._prefill(prompt.tokens, cached, need_logits=request.generate)
            decode_began = time.perf_counter()
            if logits is not None:
                reason = self._generate(request, logits, ahead, recall, logprobs, out)
        except Aborted:
            reason = self._abort.reason or "cancelled"
            out.send()
        finally:
            ahead.settle()
            self.generated += len(logprobs)
        now = time.perf_counter()
        decode_began = decode_began or now
        timings = Timings(
            prefill_ms=(decode_began - began) * 1000,
            decode_ms=(now - decode_began) * 1000,
            total_ms=(now - began) * 1000,
        )
        return Finish(
            reason,
            timings,
            len(prompt.tokens),
            cached,
            len(logprobs),
            tuple(logprobs),
            ahead.drafted,
            ahead.accepted,
        )

    def _prompt(self, request: GenerateRequest, room: int) -> PromptTokens:
        if request.chat is None:
            return self._prompts.build(request.prompt, room)
        if self._chat is None:
            raise EngineError(
                "this model has no chat template, so it cannot be asked in the form of a conversation"
            )
        return self._chat.build(request.chat, room)

    def _reuse(self, tokens: list[int]) -> int:
        """Cut the cache to the common prefix with ``tokens``; at least one token is left to evaluate.

        A prompt kept aside takes the live one's place where it has more in common, and the live one is kept aside
        before much of it is lost.
        """
        wanted = tokens[:-1]
        common = common_prefix(self._tokens, wanted)
        better = self._aside.take(wanted, common)
        if self._aside.wants(self._tokens, 0 if better is not None else common):
            live = np.asarray(self._tokens, dtype=np.int32)
            self._aside.add(SavedPrompt(live, self._backend.save_state()))
        if better is not None:
            length = self._backend.restore_state(better.state, len(better.tokens))
            self._tokens = better.tokens[:length].tolist()
            common = common_prefix(self._tokens, wanted)
        common = self._backend.truncate(common)
        self._tokens = self._tokens[:common]
        return common

    def _prefill(self, tokens: list[int], cached: int, *, need_logits: bool) -> NDArray[np.float32] | None:
        try:
            return self._evaluate(tokens[cached:], logits=need_logits)
        finally:
            self.evaluated += max(0, len(self._tokens) - cached)

    def _evaluate(self, tokens: list[int], *, logits: bool) -> NDArray[np.float32] | None:
        self._tokens += tokens
        try:
            return self._backend.evaluate(tokens, logits=logits)
        except Aborted:
            del self._tokens[self._backend.length() :]
            raise

    def evaluate_one(self, token: int) -> NDArray[np.float32]:
        """Append a token; the logits after it."""
        logits = self._evaluate([token], logits=True)
        assert logits is not None
        return logits

    def evaluate_each(self, tokens: list[int]) -> NDArray[np.float32]:
        """Append tokens; the logits after each."""
        self._tokens += tokens
        try:
            return self._backend.evaluate_each(tokens)
        except Aborted:
            del self._tokens[self._backend.length() :]
            raise

    def drop_last(self, tokens: int) -> None:
        """Take the last ``tokens`` tokens off the cache."""
        if tokens:
            kept = self._backend.truncate(max(0, len(self._tokens) - tokens))
            del self._tokens[kept:]

    def _generate(
        self,
        request: GenerateRequest,
        logits: NDArray[np.float32],
        ahead: Lookahead,
        recall: Recall | None,
        logprobs: list[float],
        out: AnswerText,
    ) -> str:
        """The loop proper; returns how it ended."""
        rules = request.stop
        sampler = Sampler(
            self._tables,
            single_line=rules.single_line,
            ignore_end=request.ignore_end,
            temperature=request.temperature,
            seed=request.seed,
            recall=recall,
        )
        for left in range(request.max_tokens - 1, -1, -1):
            choice = sampler.choose(logits, self._allowed(out.pending))
            logprobs.append(choice.logprob)
            if choice.token is None:
                out.finish()
                return "stop" if rules.single_line else "eos"
            if recall is not None:
                recall.add(choice.token)
            cut = out.add(self._vocabulary.pieces[choice.token])
            if cut is not None:
                out.finish(cut)
                return "stop"
            if left:
                logits = ahead.after(choice.token, left - 1)
        out.finish()
        return "length"

    def _allowed(self, pending: bytes) -> NDArray[np.int64] | None:
        if not pending:
            return None
        first = self._prompts.first_token(pending.decode("utf-8", "replace"))
        allowed = self._vocabulary.compatible(pending, first)
        return allowed if len(allowed) else None
