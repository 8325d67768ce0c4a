"""Writes small GGUF files for the tests, with the gguf package's own writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import gguf
import numpy as np

QWEN_SPECIALS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)
EMBEDDING = 32
LAYERS = 2
HEADS = 4
KV_HEADS = 2
FEED_FORWARD = 64


def vocabulary(specials: Sequence[str] = QWEN_SPECIALS, size: int = 64) -> list[str]:
    """``size`` tokens, the special ones last."""
    return [f"tok{i}" for i in range(size - len(specials))] + list(specials)


def layer_shapes() -> dict[str, tuple[int, int]]:
    """Numpy shapes (out, in) of one layer's matrices."""
    kv = EMBEDDING * KV_HEADS // HEADS
    return {
        "attn_q": (EMBEDDING, EMBEDDING),
        "attn_k": (kv, EMBEDDING),
        "attn_v": (kv, EMBEDDING),
        "attn_output": (EMBEDDING, EMBEDDING),
        "ffn_gate": (FEED_FORWARD, EMBEDDING),
        "ffn_up": (FEED_FORWARD, EMBEDDING),
        "ffn_down": (EMBEDDING, FEED_FORWARD),
    }


def write_model(
    path: Path,
    *,
    architecture: str = "qwen2",
    name: str = "Tiny coder",
    tokens: Sequence[str] | None = None,
    change: Callable[[gguf.GGUFWriter], None] | None = None,
    leave_out: Sequence[str] = (),
    extra_tensors: Mapping[str, np.ndarray] | None = None,
    tokenizer: bool = True,
    quantized: bool = True,
) -> Path:
    """Write a whole, tiny model (random weights). ``leave_out`` names metadata keys or tensors to omit."""
    rng = np.random.default_rng(0)
    words = list(vocabulary() if tokens is None else tokens)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("model")
    writer.add_name(name)
    writer.add_license("apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if quantized else gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(512)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    if tokenizer:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("qwen2")
        writer.add_token_list(words)
        writer.add_token_types([3 if word.startswith("<") else 1 for word in words])
        writer.add_token_merges(["t o", "to k"])
    if change is not None:
        change(writer)

    def tensor(key: str, shape: tuple[int, ...]) -> None:
        if key in leave_out:
            return
        data = rng.standard_normal(shape, dtype=np.float32) / 8
        if quantized and len(shape) == 2:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(key, gguf.quantize(data, kind), raw_dtype=kind)
        else:
            writer.add_tensor(key, data)

    tensor("token_embd.weight", (len(words), EMBEDDING))
    for layer in range(LAYERS):
        tensor(f"blk.{layer}.attn_norm.weight", (EMBEDDING,))
        for matrix, shape in layer_shapes().items():
            tensor(f"blk.{layer}.{matrix}.weight", shape)
        tensor(f"blk.{layer}.ffn_norm.weight", (EMBEDDING,))
    tensor("output_norm.weight", (EMBEDDING,))
    for key, data in (extra_tensors or {}).items():
        writer.add_tensor(key, data)
    for key in leave_out:
        writer.kv_data[0].pop(key, None)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_adapter(
    path: Path,
    *,
    rank: int = 4,
    alpha: float | None = 8.0,
    architecture: str = "qwen2",
    kind: str = "lora",
    change: Callable[[dict[str, np.ndarray]], None] | None = None,
) -> Path:
    """Write a LoRA adapter for :func:`write_model`'s model; ``change`` edits its tensors (numpy shapes)."""
    rng = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", kind)
    if alpha is not None:
        writer.add_float32("adapter.lora.alpha", alpha)
    tensors: dict[str, np.ndarray] = {}
    for layer in range(LAYERS):
        for matrix in ("attn_q", "ffn_down"):
            out, into = layer_shapes()[matrix]
            target = f"blk.{layer}.{matrix}.weight"
            tensors[f"{target}.lora_a"] = rng.standard_normal((rank, into), dtype=np.float32)
            tensors[f"{target}.lora_b"] = rng.standard_normal((out, rank), dtype=np.float32)
    if change is not None:
        change(tensors)
    for key, data in tensors.items():
        writer.add_tensor(key, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
