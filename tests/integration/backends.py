"""llama.cpp in this very process, small."""

from __future__ import annotations

from pathlib import Path

from burnish_models.engine.llama import LlamaBackend
from burnish_models.engine.native_abort import NativeAbortFlag

__all__ = ["small_backend"]


def small_backend(model: Path) -> LlamaBackend:
    """A model with one thread and 256 tokens of context."""
    return LlamaBackend(
        model,
        threads=1,
        batch_threads=1,
        gpu_layers=0,
        context_tokens=256,
        batch_tokens=64,
        abort=NativeAbortFlag(),
    )
