"""What a model file is, and whether it can be used here: found out before llama.cpp sees a byte of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from gguf.constants import GGMLQuantizationType, LlamaFileType

from burnish_models.chat_template import ChatTemplate, follows_instructions, template_of
from burnish_models.errors import ModelFileError, ModelTooLargeError, ModelUnsupportedError
from burnish_models.fim import KNOWN_TOKENS, FimTemplate, family_from_ids
from burnish_models.gguf_checks import check_adapter_tensors, check_data, check_model
from burnish_models.gguf_header import read_header
from burnish_models.gguf_types import Header
from burnish_models.memory import UBATCH_TOKENS, memory_needed, readable_bytes

__all__ = [
    "AdapterInfo",
    "GgufInfo",
    "check",
    "check_adapter",
    "file_sha256",
    "inspect",
]

_HASH_CHUNK = 1 << 20
_F16_BYTES = 2


@dataclass(frozen=True, slots=True)
class GgufInfo:
    """A sound model file.

    ``parameters`` counts weights; ``kv_bytes_per_token`` is for a 16-bit KV cache; ``fim`` is ``None``
    where the model cannot fill in the middle (``fim_problem`` says why); ``token_ids`` gives the id of
    every token name that ``fim`` uses. ``recurrent`` models (state-space layers) cannot drop the end of
    their memory token by token.
    """

    path: Path
    size_bytes: int
    architecture: str
    name: str
    parameters: int
    quantization: str
    context_length: int
    block_count: int
    embedding_length: int
    head_count: int
    head_count_kv: int
    vocabulary_size: int
    tokenizer_model: str
    tokenizer_pre: str
    licence: str
    alignment: int
    tensor_count: int
    kv_bytes_per_token: int
    recurrent: bool
    fim: FimTemplate | None
    fim_problem: str
    token_ids: Mapping[str, int] = field(repr=False)
    tensor_shapes: Mapping[str, tuple[int, ...]] = field(repr=False)
    is_adapter: bool = False
    #: How conversations are written for it, where its file says so; base models' files often do, too.
    chat_template: ChatTemplate | None = field(default=None, repr=False)
    #: Whether it was trained to follow instructions.
    instruct: bool = False

    @property
    def fim_family(self) -> str:
        """The fill-in-the-middle family's name, empty where there is none."""
        return "" if self.fim is None else self.fim.family

    def sha256(self) -> str:
        """The file's SHA-256 in hexadecimal; computed once for each version of the file."""
        return file_sha256(self.path)

    def memory_bytes(self, context_tokens: int, ubatch_tokens: int = UBATCH_TOKENS) -> int:
        """Estimate of the memory the loaded model needs: weights, KV cache and compute buffer."""
        return memory_needed(
            self.size_bytes,
            self.kv_bytes_per_token,
            self.vocabulary_size,
            self.embedding_length,
            context_tokens,
            ubatch_tokens,
        )


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """A sound LoRA adapter file: scale is ``alpha / rank``."""

    path: Path
    size_bytes: int
    architecture: str
    name: str
    alpha: float
    rank: int
    targets: tuple[str, ...]

    def sha256(self) -> str:
        """The file's SHA-256 in hexadecimal; computed once for each version of the file."""
        return file_sha256(self.path)


def inspect(path: Path) -> GgufInfo:
    """Read what the model file at ``path`` says of itself, and check that it is whole and can run here.

    A model without fill-in-the-middle tokens passes (``fim`` is ``None``); :func:`check` refuses it.

    Raises:
        ModelMissingError, ModelCorruptError, ModelUnsupportedError: see :mod:`burnish_models.errors`.
    """
    header = read_header(path)
    shape = check_model(header)
    check_data(header)
    tokens = header.tokens or ()
    ids = {} if header.tokens is None else header.tokens.ids(KNOWN_TOKENS)
    template, problem = None, ""
    try:
        template = family_from_ids(header.metadata, ids, tokens)
    except ModelUnsupportedError as error:
        problem = str(error)
    if template is not None and template.family == "generic":
        markers = frozenset(template.markers)
        ids = {} if header.tokens is None else header.tokens.ids(markers)
    used = () if template is None else template.special_tokens
    metadata = header.metadata
    return GgufInfo(
        path=path,
        size_bytes=header.size_bytes,
        architecture=shape.architecture,
        name=str(metadata.get("general.name") or metadata.get("general.basename") or path.stem),
        parameters=sum(tensor.elements for tensor in header.tensors),
        quantization=_quantization(header),
        context_length=shape.context_length,
        block_count=shape.block_count,
        embedding_length=shape.embedding_length,
        head_count=max(shape.head_counts),
        head_count_kv=max(shape.head_counts_kv),
        vocabulary_size=len(tokens),
        tokenizer_model=str(metadata["tokenizer.ggml.model"]),
        tokenizer_pre=str(metadata.get("tokenizer.ggml.pre", "")),
        licence=str(metadata.get("general.license") or ""),
        alignment=header.alignment,
        tensor_count=len(header.tensors),
        kv_bytes_per_token=sum(shape.head_counts_kv) * (shape.key_length + shape.value_length) * _F16_BYTES,
        recurrent=any(key.startswith(f"{shape.architecture}.ssm.") for key in metadata)
        or shape.architecture.startswith(("rwkv", "arwkv", "mamba")),
        fim=template,
        fim_problem=problem,
        token_ids={name: ids[name] for name in used if name in ids},
        tensor_shapes={tensor.name: tensor.shape for tensor in header.tensors},
        chat_template=template_of(metadata, tokens),
        instruct=follows_instructions(metadata),
    )


def check(
    path: Path, available_bytes: int | None, context_tokens: int, *, ubatch_tokens: int = UBATCH_TOKENS
) -> GgufInfo:
    """:func:`inspect`, and refuse what cannot complete code or does not fit into ``available_bytes`` of
    memory.

    Args:
        path: the GGUF file.
        available_bytes: memory that may be used; ``None`` skips this check.
        context_tokens: size of the KV cache that will be asked for.
        ubatch_tokens: prompt tokens evaluated at once.

    Raises:
        ModelMissingError, ModelCorruptError, ModelUnsupportedError, ModelTooLargeError: with what to do.
    """
    info = inspect(path)
    if info.fim is None:
        raise ModelUnsupportedError(info.fim_problem)
    needed = info.memory_bytes(context_tokens, ubatch_tokens)
    if available_bytes is not None and needed > available_bytes:
        raise ModelTooLargeError(
            f"{info.name} needs about {readable_bytes(needed)} of memory (weights and {context_tokens} "
            "tokens of "
            f"context), but only {readable_bytes(available_bytes)} are free. Close other programs, choose a "
            "smaller "
            "model or quantisation, or lower the context size."
        )
    return info


def check_adapter(path: Path, base: GgufInfo) -> AdapterInfo:
    """Check a LoRA adapter against the model it is meant for.

    Raises:
        ModelMissingError: no such file, or no permission.
        ModelCorruptError: damaged or truncated (llama.cpp would crash on it).
        ModelUnsupportedError: not a LoRA adapter, or made for another model.
    """
    header = read_header(path)
    alpha, rank, targets = check_adapter_tensors(header, base.architecture, base.tensor_shapes)
    check_data(header)
    return AdapterInfo(
        path=path,
        size_bytes=header.size_bytes,
        architecture=base.architecture,
        name=str(header.metadata.get("general.name") or path.stem),
        alpha=alpha,
        rank=rank,
        targets=targets,
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal, remembered until its size or time of change differ.

    Raises:
        ModelFileError: the file cannot be read.
    """
    try:
        status = path.stat()
        return _sha256(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise ModelFileError(
            f"Cannot read {path}: {error.strerror or error}. Check the file and its mode."
        ) from error


@lru_cache(maxsize=16)
def _sha256(path: Path, _size: int, _changed_ns: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _quantization(header: Header) -> str:
    """The file's quantisation by name, such as ``Q8_0``: as stated, else the type holding most weights."""
    stated = header.metadata.get("general.file_type")
    if isinstance(stated, int) and stated in [int(kind) for kind in LlamaFileType]:
        return LlamaFileType(stated).name.removeprefix("MOSTLY_").removeprefix("ALL_")
    weights: dict[GGMLQuantizationType, int] = {}
    for tensor in header.tensors:
        weights[tensor.type] = weights.get(tensor.type, 0) + tensor.elements
    return max(weights, key=lambda kind: weights[kind]).name
