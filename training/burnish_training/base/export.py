"""Export: the trained module as a Q8_0 GGUF file that llama.cpp runs as qwen2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from tokenizers import Tokenizer

from burnish_training.base.config import BaseConfig
from burnish_training.base.model import BaseModel
from burnish_training.base.tokenizer import SPECIAL_TOKENS, Specials

__all__ = ["export_gguf"]


def export_gguf(model: BaseModel, config: BaseConfig, tokenizer: Tokenizer, path: Path) -> None:
    """Write ``model`` to ``path`` (atomically): matrices as Q8_0, norms and biases as float32, tokenizer included."""
    temporary = path.with_suffix(".part")
    writer = gguf.GGUFWriter(str(temporary), "qwen2")
    _metadata(writer, config)
    _tokenizer(writer, tokenizer, config.shape.vocabulary)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, config.shape.layers)
    for name, tensor in model.body.state_dict().items():
        mapped = names.get_name(f"model.{name}", try_suffixes=(".weight", ".bias"))
        if mapped is None:
            raise ValueError(f"no GGUF name for {name}")
        array = tensor.detach().float().cpu().numpy()
        if array.ndim == 2:
            quantized = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(mapped, quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(mapped, np.ascontiguousarray(array, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    temporary.replace(path)


def _metadata(writer: gguf.GGUFWriter, config: BaseConfig) -> None:
    shape = config.shape
    writer.add_name(config.title)
    writer.add_basename(f"burnish-{config.name}")
    writer.add_license("apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.intermediate)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(1e-6)


def _merges(serialized: dict[str, Any]) -> list[str]:
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in serialized["model"]["merges"]]


def _tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer, vocabulary: int) -> None:
    import json

    special = Specials(tokenizer)
    tokens = [tokenizer.id_to_token(i) or f"<|unused_{i}|>" for i in range(vocabulary)]
    kinds = [gguf.TokenType.CONTROL if t in SPECIAL_TOKENS else gguf.TokenType.NORMAL for t in tokens]
    kinds = [
        gguf.TokenType.UNUSED if t.startswith("<|unused_") else k for t, k in zip(tokens, kinds, strict=True)
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(_merges(json.loads(tokenizer.to_str())))
    writer.add_bos_token_id(special.end)
    writer.add_eos_token_id(special.end)
    writer.add_pad_token_id(special.end)
    writer.add_add_bos_token(False)
    for name, token in (
        ("pre", special.prefix),
        ("suf", special.suffix),
        ("mid", special.middle),
        ("pad", special.pad),
        ("rep", special.repo),
        ("sep", special.file),
    ):
        writer.add_uint32(f"tokenizer.ggml.fim_{name}_token_id", token)
