"""How much memory a loaded model needs."""

from __future__ import annotations

__all__ = ["UBATCH_TOKENS", "memory_needed", "readable_bytes"]

#: Prompt tokens that llama.cpp evaluates at once, its default; the compute buffer grows with it.
UBATCH_TOKENS = 512
_F32_BYTES = 4


def memory_needed(
    weight_bytes: int,
    kv_bytes_per_token: int,
    vocabulary_size: int,
    embedding_length: int,
    context_tokens: int,
    ubatch_tokens: int = UBATCH_TOKENS,
) -> int:
    """Estimate in bytes: weights, KV cache and compute buffer.

    The compute buffer is dominated by one row of float32 logits for each token of a batch.
    """
    rows = min(ubatch_tokens, context_tokens)
    compute = rows * (vocabulary_size + 8 * embedding_length) * _F32_BYTES
    return weight_bytes + kv_bytes_per_token * context_tokens + compute


def readable_bytes(count: int) -> str:
    """A size for people: ``1.5 GiB``, ``12 MiB``, ``900 bytes``."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit:
            value = count / unit
            return f"{value:.1f} {name}" if value < 10 else f"{value:.0f} {name}"
    return f"{count} bytes"
