"""Random adapters for the bundled model, and broken ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from burnish_models.adapters.adapter_file import Adapter, BaseShape, write_adapter
from burnish_models.gguf_file import file_sha256
from burnish_models.paths import BUNDLED

MODEL = BUNDLED / "burnish-nano-q8_0.gguf"
SHAPE = BaseShape("qwen2", 6, 4, 2)
HIDDEN = 256


def random_adapter(seed: int = 0, *, name: str = "", base_sha256: str = "", rank: int = 4) -> Adapter:
    rng = np.random.default_rng(seed)

    def values(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return (rng.standard_normal(shape) * 0.1).astype(np.float32)

    tensors = {}
    for layer in range(SHAPE.layers):
        stem = f"base_model.model.model.layers.{layer}.self_attn.o_proj"
        tensors[f"{stem}.lora_A.weight"] = values(rank, HIDDEN)
        tensors[f"{stem}.lora_B.weight"] = values(HIDDEN, rank)
    return Adapter(
        base=SHAPE,
        alpha=8.0,
        rank=rank,
        name=name or f"night {seed}",
        base_sha256=base_sha256 or file_sha256(MODEL),
        tensors=tensors,
    )


def write_random(path: Path, seed: int = 0, **options: str) -> Path:
    write_adapter(path, random_adapter(seed, **options))  # type: ignore[arg-type]
    return path
