"""A model of a known shape with random weights: as fast as a trained one, and nothing to download.

What it writes is noise, so nothing can be said about what is shown; how long a token takes does not depend on the
weights. How many tokens an answer has does: the embedding (which is the output matrix too) is therefore made so that, as
with a trained model, the likeliest token stands out, a line end is it about once in ten tokens, and tokens without a text
never are; and attention is sharp, for without it the next token depends on the last one alone and answers run in circles.
The tokenizer is the bundled model's, its vocabulary filled up with unused tokens to the shape's, so that the same text gives
as many tokens on either side.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import platformdirs
from numpy.typing import NDArray

from burnish_models.selection import resolve_model

__all__ = ["SHAPES", "Shape", "random_model"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A qwen2 model: layers, width, heads, key-value heads, feed-forward width, rows of the embedding, context."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    feed_forward: int
    vocabulary: int
    context: int


#: Qwen2.5-0.5B (its config.json); input and output embeddings are the same matrix.
SHAPES = {"0.5B": Shape(24, 896, 14, 2, 4864, 151_936, 32_768)}
_ROWS = 8192
#: Counts the ways in which this file has made models, so that one of before is not taken.
_RECIPE = 3
#: Logits of random weights deviate by 0.6; a trained model's likeliest token is far above the next.
_SPREAD = 20.0
#: Of a freshly initialised model's weights.
_DEVIATION = 0.02
#: Queries and keys whose products differ enough to choose, values that count beside the feed-forward layers.
_DEVIATIONS = {"attn_q": 0.09, "attn_k": 0.09, "attn_v": 0.05, "attn_output": 0.05}
#: A line feed as byte-level tokenizers spell it.
_LINE_END = "\u010a"


def random_model(name: str, folder: Path | None = None, *, circling: bool = False) -> Path:
    """The GGUF file of a shape, made (once) in the user's cache folder.

    ``circling`` makes attention weak: the next token then depends on the last one, and answers run in circles.
    """
    folder = folder or Path(platformdirs.user_cache_dir("burnish")) / "benchmarks"
    path = folder / f"random-{name}-{_RECIPE}{'-circling' if circling else ''}-q8_0.gguf"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"writing {path} (once)", file=sys.stderr, flush=True)
        temporary = path.with_suffix(".part")
        write_model(SHAPES[name], name, temporary, deviations={} if circling else _DEVIATIONS)
        temporary.replace(path)
    return path


def write_model(
    shape: Shape, name: str, path: Path, seed: int = 0, deviations: Mapping[str, float] = _DEVIATIONS
) -> None:
    """Write a file, one tensor at a time: matrices Q8_0, norms and biases float32. ``deviations`` are those of weights by
    a part of their name, where they are not the usual.
    """
    writer = gguf.GGUFWriter(str(path), "qwen2", use_temp_file=False)
    _metadata(writer, shape, name)
    texts = _tokenizer(writer, shape.vocabulary)
    tensors = _tensors(shape)
    for tensor, (rows, columns) in tensors.items():
        if columns:
            blocks = columns // 32 * 34
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor_info(tensor, (rows, blocks), np.dtype(np.uint8), rows * blocks, raw_dtype=kind)
        else:
            writer.add_tensor_info(tensor, (rows,), np.dtype(np.float32), rows * 4)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    rng = np.random.default_rng(seed)
    for tensor, (rows, columns) in tensors.items():
        scale = _row_scales(texts, rows) if tensor == "token_embd.weight" else None
        deviation = next((wide for part, wide in deviations.items() if part in tensor), _DEVIATION)
        writer.write_tensor_data(_values(rng, tensor, rows, columns, deviation, scale))
    writer.close()


def _row_scales(texts: list[str], rows: int) -> NDArray[np.float32]:
    """Of the embedding's rows: the largest of 8,000 normal logits is some 3.9 deviations, so a row four times as long as
    others holds the largest logit where a normal variable is above 1: one time in six, and some less for what logits share.
    """
    scales = np.full(rows, 0.01, dtype=np.float32)
    scales[: len(texts)] = [1.0 if not text.startswith("<|") else 0.01 for text in texts]
    scales[texts.index(_LINE_END)] = 4.0
    return scales


def _values(
    rng: np.random.Generator,
    tensor: str,
    rows: int,
    columns: int,
    deviation: float,
    scale: NDArray[np.float32] | None,
) -> NDArray[Any]:
    """Random weights; norms are 1, biases 0, and the last norm spreads the logits."""
    if not columns:
        value = _SPREAD if tensor == "output_norm.weight" else float(tensor.endswith("norm.weight"))
        return np.full(rows, value, dtype=np.float32)
    parts = []
    for start in range(0, rows, _ROWS):
        weights = rng.standard_normal((min(_ROWS, rows - start), columns), dtype=np.float32) * np.float32(
            deviation
        )
        if scale is not None:
            weights *= scale[start : start + _ROWS, None]
        parts.append(gguf.quants.quantize(weights, gguf.GGMLQuantizationType.Q8_0))
    return np.concatenate(parts)


def _tensors(shape: Shape) -> dict[str, tuple[int, int]]:
    """Names and (rows, columns) in llama.cpp's own words; 0 columns is a vector."""
    kv = shape.hidden // shape.heads * shape.kv_heads
    wide, deep = shape.hidden, shape.feed_forward
    found = {"token_embd.weight": (shape.vocabulary, wide), "output_norm.weight": (wide, 0)}
    for layer in range(shape.layers):
        block = {
            "attn_norm.weight": (wide, 0),
            "attn_q.weight": (wide, wide),
            "attn_q.bias": (wide, 0),
            "attn_k.weight": (kv, wide),
            "attn_k.bias": (kv, 0),
            "attn_v.weight": (kv, wide),
            "attn_v.bias": (kv, 0),
            "attn_output.weight": (wide, wide),
            "ffn_norm.weight": (wide, 0),
            "ffn_gate.weight": (deep, wide),
            "ffn_up.weight": (deep, wide),
            "ffn_down.weight": (wide, deep),
        }
        found |= {f"blk.{layer}.{key}": value for key, value in block.items()}
    return found


def _metadata(writer: gguf.GGUFWriter, shape: Shape, name: str) -> None:
    writer.add_name(f"random {name}")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_freq_base(1_000_000.0)
    writer.add_layer_norm_rms_eps(1e-6)


def _tokenizer(writer: gguf.GGUFWriter, vocabulary: int) -> list[str]:
    """The bundled model's tokenizer, filled up with unused tokens; returns its tokens."""
    bundled = gguf.GGUFReader(str(resolve_model(Path.home(), None).path))
    fields = {
        key: field.contents() for key, field in bundled.fields.items() if key.startswith("tokenizer.ggml.")
    }
    tokens, kinds = list(fields.pop("tokenizer.ggml.tokens")), list(fields.pop("tokenizer.ggml.token_type"))
    more = vocabulary - len(tokens)
    writer.add_token_list(tokens + [f"<|unused_{index}|>" for index in range(len(tokens), vocabulary)])
    writer.add_token_types(kinds + [gguf.TokenType.UNUSED] * more)
    writer.add_token_merges(fields.pop("tokenizer.ggml.merges"))
    for key, value in fields.items():
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_string(key, str(value))
    return tokens
