"""An engine that plays a script, for tests of everything around the engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

from burnish_models.engine.base import Chunk, EngineInfo, FimPrompt, Finish, GenerateRequest, Timings
from burnish_models.errors import EngineCrashedError

Script = Callable[[FimPrompt], str]


class ScriptedEngine:
    """Writes ``script(prompt)`` token by token (words, spaces, line ends), ``delay`` seconds apart."""

    def __init__(self, script: Script | str, *, delay: float = 0.0, logprob: float = -0.001) -> None:
        self.script: Script = script if callable(script) else (lambda _: script)
        self.delay = delay
        self.logprob = logprob
        self.requests: list[GenerateRequest] = []
        self.cancelled = 0
        self.active = 0
        self.most_active = 0
        self.crash = False
        self.finish_reason: str | None = None
        self.closed = False
        self.stopped = False
        self.state = "ready"
        self.fail_load: Exception | None = None
        #: Tokens written for the last request.
        self.written = 0
        self.gate: asyncio.Event | None = None
        self.pid = "4711"

    async def load(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.fail_load is not None:
            raise self.fail_load

    def describe(self) -> EngineInfo:
        return EngineInfo(
            model="scripted",
            adapter=None,
            architecture="qwen2",
            parameters=1,
            context_tokens=2048,
            threads=2,
            gpu_layers=0,
            fim_family="qwen2.5-coder",
            backend="script",
            state=self.state,
            extra={"pid": self.pid},
        )

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        self.requests.append(request)
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        done = False
        try:
            async for chunk in self._tokens(request):
                yield chunk
            done = True
        finally:
            self.active -= 1
            if not done:
                self.cancelled += 1

    async def _tokens(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        if self.crash:
            raise EngineCrashedError("the script says so")
        text = self.script(request.prompt) if request.generate else ""
        tokens = re.findall(r"\n|[^\S\n]+|\w+|[^\w\s]", text)
        reason, count, lines = "eos", 0, 0
        self.stopped = False
        for token in tokens:
            await asyncio.sleep(self.delay)
            if self.stopped:
                reason = "cancelled"
                break
            count += 1
            self.written = count
            lines += token == "\n"
            if token == "\n" and request.stop.single_line:
                reason = "stop"
                break
            if count > request.max_tokens:
                reason = "length"
                break
            yield Chunk(token, logprobs=(self.logprob,))
        if not request.generate:
            await asyncio.sleep(self.delay)
        finish = Finish(
            reason=self.finish_reason or reason,
            timings=Timings(prefill_ms=1.0, decode_ms=1.0, total_ms=2.0),
            prompt_tokens=len(request.prompt.prefix) + len(request.prompt.suffix),
            cached_tokens=0,
            generated_tokens=count,
            logprobs=(self.logprob,) * count,
        )
        yield Chunk("", finish)

    async def cancel(self) -> None:
        """Stop what is being written; the stream then ends with ``cancelled``."""
        self.stopped = True

    async def set_adapter(self, path: str | None, scale: float = 1.0) -> None:
        """No adapters in the script."""

    async def close(self) -> None:
        self.closed = True


class Source:
    """An engine source for the pipeline: ready, and sure of what is likely."""

    def __init__(self, engine: ScriptedEngine | None) -> None:
        self.engine = engine
        self.unavailable = ("engine-loading", "")
        self.latencies: list[float] = []
        self.judge = Believer()

    def note_latency(self, milliseconds: float) -> None:
        self.latencies.append(milliseconds)


class Believer:
    """Believes the model: probability = exp(sum of log-probabilities)."""

    threshold = 0.5

    def probability(self, logprobs: object) -> float:
        import math

        assert isinstance(logprobs, list | tuple)
        return math.exp(sum(logprobs))
