"""The checks that a GGUF header must pass before its file is given to llama.cpp."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gguf.constants import MODEL_ARCH_NAMES, GGMLQuantizationType, GGUFValueType

from burnish_models.errors import ModelUnsupportedError
from burnish_models.gguf_types import Header, TensorInfo, corrupt

__all__ = ["ModelShape", "check_adapter_tensors", "check_data", "check_model"]

#: Architectures of the format that do not write text from left to right: encoders, diffusion, sound and
#: vision.
_NOT_GENERATIVE = frozenset({"bert", "clip", "dream", "eurobert", "gemma-embedding"}) | {
    *("jina-bert-v2", "jina-bert-v3", "llada", "llada-moe", "llama-embed", "modern-bert", "neo-bert"),
    *("nomic-bert", "nomic-bert-moe", "rnd1", "t5", "t5encoder", "wavtokenizer-dec"),
}
_MOST = 1 << 31
_INTS = (GGUFValueType.INT32, GGUFValueType.UINT32)


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The sizes a model's metadata states; head counts are per layer, lengths in elements."""

    architecture: str
    context_length: int
    block_count: int
    embedding_length: int
    head_counts: tuple[int, ...]
    head_counts_kv: tuple[int, ...]
    key_length: int
    value_length: int


def check_model(header: Header) -> ModelShape:
    """Check that the file is a whole, generative model with a tokenizer, and give its sizes.

    Raises:
        ModelCorruptError: the metadata contradicts itself or the tensors.
        ModelUnsupportedError: an adapter, a part of a split model, or nothing that writes text.
    """
    kind = header.metadata.get("general.type", "model")
    if kind == "adapter":
        raise ModelUnsupportedError(
            f"{header.path} is a LoRA adapter, not a model. Choose the model it was trained for; adapters "
            "are "
            "applied on top of one."
        )
    if kind != "model":
        raise ModelUnsupportedError(
            f"{header.path} is a GGUF file of type {kind!r}, not a language model. Choose a coder model."
        )
    _check_not_split(header)
    architecture = _check_architecture(header)
    shape = _shape(header, architecture)
    _check_tokenizer(header)
    _check_tensors(header, shape)
    return shape


def check_data(header: Header) -> None:
    """Check that every tensor's data lies inside the file, where the format puts it, and overlaps no other.

    Raises:
        ModelCorruptError: truncated, overlapping or misplaced tensor data.
    """
    expected = 0
    for tensor in header.tensors:
        end = header.data_offset + tensor.offset + tensor.n_bytes
        if end > header.size_bytes:
            missing = end - header.size_bytes
            raise corrupt(
                header.path,
                f"it is truncated: the tensor {tensor.name!r} lacks {missing} bytes at the end of the file",
            )
        if tensor.offset != expected:
            raise corrupt(
                header.path,
                f"the tensor {tensor.name!r} starts at byte {tensor.offset} of the data instead of "
                f"{expected}: it "
                "overlaps another tensor or leaves a gap",
            )
        expected += -(-tensor.n_bytes // header.alignment) * header.alignment


def check_adapter_tensors(
    header: Header, architecture: str, base_shapes: Mapping[str, Sequence[int]]
) -> tuple[float, int, tuple[str, ...]]:
    """Check a LoRA adapter's metadata and tensor pairs against its base; gives alpha, rank and target
    tensors.

    Raises:
        ModelCorruptError: a pair is incomplete, its shapes disagree, or alpha is no number.
        ModelUnsupportedError: not a LoRA adapter, or made for another model.
    """
    path, metadata = header.path, header.metadata
    kind = metadata.get("general.type"), metadata.get("adapter.type")
    if kind != ("adapter", "lora"):
        raise ModelUnsupportedError(
            f"{path} is not a LoRA adapter (general.type is {kind[0]!r}, adapter.type is {kind[1]!r}). "
            "Choose an adapter that was made for this model."
        )
    made_for = metadata.get("general.architecture")
    if made_for != architecture:
        raise ModelUnsupportedError(
            f"{path} was made for a {made_for} model, but the model is {architecture}. Choose an adapter "
            "of this model."
        )
    alpha = metadata.get("adapter.lora.alpha")
    if not isinstance(alpha, float) or not math.isfinite(alpha) or alpha <= 0:
        raise corrupt(path, f"adapter.lora.alpha is {alpha!r}, not a positive number")
    pairs = _pairs(header)
    ranks: set[int] = set()
    for target, (a, b) in pairs.items():
        if target not in base_shapes:
            raise ModelUnsupportedError(
                f"{path} changes {target}, which the model does not have: it was made for another model."
            )
        ranks.add(_check_pair(header, target, a.shape, b.shape, base_shapes[target]))
    if len(ranks) != 1:
        raise corrupt(path, f"its tensors have different ranks: {sorted(ranks)}")
    return alpha, ranks.pop(), tuple(sorted(pairs))


def _pairs(header: Header) -> dict[str, tuple[TensorInfo, TensorInfo]]:
    halves: dict[str, dict[str, TensorInfo]] = {}
    for tensor in header.tensors:
        target, dot, half = tensor.name.rpartition(".")
        if not dot or half not in ("lora_a", "lora_b"):
            raise ModelUnsupportedError(
                f"{header.path} has the tensor {tensor.name}, which is not part of a plain LoRA adapter "
                "(DoRA and whole "
                "saved modules are not supported)."
            )
        halves.setdefault(target, {})[half] = tensor
    if not halves:
        raise corrupt(header.path, "the adapter has no tensors")
    for target, pair in halves.items():
        if len(pair) != 2:
            raise corrupt(header.path, f"the adapter has only one half of the pair for {target}")
    return {target: (pair["lora_a"], pair["lora_b"]) for target, pair in halves.items()}


def _check_pair(header: Header, target: str, a: Sequence[int], b: Sequence[int], base: Sequence[int]) -> int:
    """The pair's rank. Shapes are in file order: a is (in, rank), b is (rank, out), the base tensor (in,
    out)."""
    if len(a) != 2 or len(b) != 2 or a[1] != b[0]:
        raise corrupt(header.path, f"the pair for {target} does not multiply: {tuple(a)} and {tuple(b)}")
    if len(base) != 2 or (a[0], b[1]) != tuple(base):
        raise ModelUnsupportedError(
            f"{header.path} has the pair {tuple(a)} and {tuple(b)} for {target}, which is {tuple(base)} "
            "in the model: "
            "it was made for a model of another size."
        )
    return a[1]


def _check_not_split(header: Header) -> None:
    count = header.metadata.get("split.count", 0)
    if isinstance(count, int) and count > 1:
        number = header.metadata.get("split.no", 0)
        part = number + 1 if isinstance(number, int) else "?"
        raise ModelUnsupportedError(
            f"{header.path} is part {part} of {count} of a split model. Merge the parts with "
            "llama-gguf-split --merge, "
            "or choose a model in one file."
        )


def _check_architecture(header: Header) -> str:
    architecture = header.metadata.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise corrupt(header.path, "its metadata names no architecture")
    if architecture in _NOT_GENERATIVE or architecture not in MODEL_ARCH_NAMES.values():
        raise ModelUnsupportedError(
            f"{header.path} has the architecture {architecture!r}, which cannot complete code here. "
            "Choose a coder model "
            "such as Qwen2.5-Coder: burnish models list"
        )
    return architecture


def _shape(header: Header, architecture: str) -> ModelShape:
    def number(key: str, default: int | None = None) -> int:
        value = header.metadata.get(f"{architecture}.{key}", default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _MOST:
            raise corrupt(
                header.path, f"its metadata has no plausible {architecture}.{key} (it says {value!r})"
            )
        return value

    def counts(key: str, layers: int, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        value = header.metadata.get(f"{architecture}.{key}", default)
        items = value if isinstance(value, tuple) else (value,) * layers
        per_layer = tuple(
            item
            for item in items
            if isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 1 << 16
        )
        if len(per_layer) != layers or len(items) != layers:
            raise corrupt(
                header.path, f"its metadata has no plausible {architecture}.{key} (it says {value!r})"
            )
        return per_layer

    layers = number("block_count")
    if layers > 4096:
        raise corrupt(header.path, f"it claims {layers} layers")
    embedding = number("embedding_length")
    heads = counts("attention.head_count", layers)
    most_heads = max(heads) or 1
    length = max(embedding // most_heads, 1)
    return ModelShape(
        architecture=architecture,
        context_length=number("context_length"),
        block_count=layers,
        embedding_length=embedding,
        head_counts=heads,
        head_counts_kv=counts("attention.head_count_kv", layers, heads),
        key_length=number("attention.key_length", length),
        value_length=number("attention.value_length", length),
    )


def _check_tokenizer(header: Header) -> None:
    model = header.metadata.get("tokenizer.ggml.model")
    if not isinstance(model, str) or model in ("", "none", "no_vocab") or not header.tokens:
        raise ModelUnsupportedError(
            f"{header.path} has no tokenizer, so it cannot read text. Choose a complete conversion of the "
            "model."
        )
    count = len(header.tokens)
    # llama.cpp reads these arrays by token id without looking at their length.
    for key, kinds in (("token_type", _INTS), ("scores", (GGUFValueType.FLOAT32,))):
        array = header.arrays.get(f"tokenizer.ggml.{key}")
        if array is not None and (array.count != count or array.item_type not in kinds):
            raise corrupt(
                header.path,
                f"tokenizer.ggml.{key} has {array.count} {array.item_type.name} items for {count} tokens",
            )
    if (token := header.tokens.repeated()) is not None:
        raise corrupt(header.path, f"its vocabulary has the token {token!r} twice")
    if model == "gpt2" and header.arrays.get("tokenizer.ggml.merges") is None:
        raise corrupt(header.path, "its tokenizer has no merges")


def _check_tensors(header: Header, shape: ModelShape) -> None:
    if not header.tensors:
        raise corrupt(header.path, "it has no tensors, only metadata")
    shapes = {tensor.name: tensor.shape for tensor in header.tensors}
    embedding = shapes.get("token_embd.weight")
    if embedding is None:
        raise corrupt(header.path, "it has no token embedding (token_embd.weight)")
    expected = (shape.embedding_length, len(header.tokens or ()))
    if embedding != expected:
        raise corrupt(
            header.path, f"its token embedding is {embedding}, but the metadata and vocabulary say {expected}"
        )
    output = shapes.get("output.weight")
    if output is not None and output != expected:
        raise corrupt(header.path, f"its output layer is {output}, but the metadata says {expected}")
    for tensor in header.tensors:
        # llama.cpp aborts on any other type here.
        if tensor.name.endswith("_norm.weight") and tensor.type is not GGMLQuantizationType.F32:
            raise corrupt(
                header.path, f"the norm {tensor.name!r} is stored as {tensor.type.name}, not as F32"
            )
    present = {name.split(".")[1] for name in shapes if name.startswith("blk.")}
    missing = [layer for layer in range(shape.block_count) if str(layer) not in present]
    if missing:
        raise corrupt(header.path, f"the layer {missing[0]} of {shape.block_count} has no tensors")
