"""Settings of the local engine."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EngineSettings"]


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How the local engine runs. Zero (or -1 for ``gpu_layers``) lets the hardware decide."""

    #: CPU threads; 0 uses the physical cores this process may run on.
    threads: int = 0
    #: Layers kept on the GPU; -1 puts all of them there when llama.cpp was built for one.
    gpu_layers: int = -1
    #: Context window in tokens; 0 takes the model's own, at most 8,192.
    context_tokens: int = 0
    #: Tokens evaluated in one piece during a prefill; smaller pieces abort sooner, larger ones are faster.
    batch_tokens: int = 512
    #: Bytes for evaluated prompts of places the user was at before; -1 takes a share of the free memory.
    prompt_cache_bytes: int = -1
    #: Seconds a worker may take to load a model before it is given up.
    load_timeout_s: float = 300.0
    #: Crashes in a row, without an answer in between, after which the engine stops restarting by itself.
    max_crashes: int = 5

    def __post_init__(self) -> None:
        if self.threads < 0 or self.context_tokens < 0 or self.batch_tokens < 1:
            raise ValueError("threads and context_tokens must not be negative, batch_tokens at least 1")
