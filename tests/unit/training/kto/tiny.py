"""Tiny random models as the GGUF files that llama.cpp serves, float32 throughout so that nothing but the adapter differs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

from burnish_training.base.export import _tokenizer
from burnish_training.base.tokenizer import Specials, train_tokenizer
from burnish_training.kto.batches import Example, Kind

VOCABULARY, HIDDEN, LAYERS, HEADS, KV_HEADS, INTERMEDIATE = 512, 64, 2, 4, 2, 128
TEXT = "def add(first, second):\n    total = first + second\n    return total\n\n\n" * 8


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    return train_tokenizer([TEXT], VOCABULARY)


def write_tiny(path: Path, architecture: str = "qwen2", seed: int = 0, std: float = 0.1) -> Path:
    """A random model; llama with an output layer of its own, qwen2 with biases and tied embeddings."""
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    shape: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "intermediate_size": INTERMEDIATE,
        "max_position_embeddings": 512,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": architecture == "qwen2",
    }
    torch.manual_seed(seed)
    model: Any = (
        Qwen2ForCausalLM(Qwen2Config(**shape))
        if architecture == "qwen2"
        else LlamaForCausalLM(LlamaConfig(**shape))
    )
    for name, parameter in model.named_parameters():
        if "norm" not in name:
            torch.nn.init.normal_(parameter, std=std)
    _export(model, architecture, path)
    return path


def _export(model: Any, architecture: str, path: Path) -> None:
    kind = {"qwen2": gguf.MODEL_ARCH.QWEN2, "llama": gguf.MODEL_ARCH.LLAMA}[architecture]
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name(f"tiny {architecture}")
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INTERMEDIATE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(VOCABULARY)
    _tokenizer(writer, tokenizer(), VOCABULARY)
    names = gguf.get_tensor_name_map(kind, LAYERS)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and architecture == "qwen2":
            continue
        mapped = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert mapped is not None, name
        array = tensor.detach().float().numpy()
        if architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = HEADS if "q_proj" in name else KV_HEADS
            array = np.stack([_pairs(block) for block in np.split(array, heads)]).reshape(array.shape)
        writer.add_tensor(mapped, np.ascontiguousarray(array, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _pairs(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """One head's rows from transformers' order (first halves, then second halves of the rotated pairs) to llama.cpp's."""
    half = len(block) // 2
    return np.stack([row for i in range(half) for row in (block[i], block[half + i])])


def fim(prefix: str, completion: str, kind: Kind, weight: float = 1.0) -> Example:
    """A fill-in-the-middle example with an empty suffix."""
    coder, special = tokenizer(), Specials(tokenizer())
    prompt = [special.prefix, *coder.encode(prefix).ids, special.suffix, special.middle]
    return Example(tuple(prompt), (*coder.encode(completion).ids, special.end), kind, weight)


def random_examples(count: int, seed: int = 0, longest: int = 24) -> list[Example]:
    """Random token ids of varied lengths, all three kinds."""
    rng = np.random.default_rng(seed)
    kinds = [Kind.DESIRABLE, Kind.UNDESIRABLE, Kind.DESIRABLE, Kind.UNDESIRABLE, Kind.SUPERVISED]
    return [
        Example(
            tuple(int(t) for t in rng.integers(10, VOCABULARY, rng.integers(3, longest))),
            tuple(int(t) for t in rng.integers(10, VOCABULARY, rng.integers(1, 9))),
            kinds[i % len(kinds)],
            float(rng.uniform(0.5, 1.5)),
        )
        for i in range(count)
    ]
