"""LoRA adapters as GGUF files: PEFT's tensors in, llama.cpp's out, and back.

llama.cpp adds ``alpha / rank · B·A·x`` to what a matrix gives. Tensors keep PEFT's shapes: A is (rank, in), B is
(out, rank). The llama architecture stores the rows of its query and key matrices in another order than
transformers, so the rows of B follow; qwen2 does not.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from burnish_models.adapters.errors import AdapterFormatError
from burnish_models.gguf_checks import check_data
from burnish_models.gguf_header import read_header

__all__ = ["ARCHITECTURES", "MODULES", "Adapter", "BaseShape", "non_finite", "read_adapter", "write_adapter"]

Tensors = Mapping[str, NDArray[np.float32]]

#: Architectures whose adapters are known to give llama.cpp and PEFT the same logits.
ARCHITECTURES: Mapping[str, gguf.MODEL_ARCH] = {
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "llama": gguf.MODEL_ARCH.LLAMA,
}
#: The matrices of a layer that an adapter may change, as transformers names them.
MODULES = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)
_LAYER = re.compile(
    r"^(?:base_model\.model\.)?model\.layers\.(\d+)\.(.+)\.lora_([AB])(?:\.[A-Za-z_]\w*)?\.weight$"
)
_BASE_KEY = "burnish.adapter.base_sha256"


@dataclass(frozen=True, slots=True)
class BaseShape:
    """What of the base model decides how its adapters are stored."""

    architecture: str
    layers: int
    heads: int
    kv_heads: int

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise AdapterFormatError(
                f"Adapters for the architecture {self.architecture!r} are not supported, only for "
                f"{', '.join(sorted(ARCHITECTURES))}. Choose a model of one of these to learn on."
            )


@dataclass(frozen=True, slots=True)
class Adapter:
    """A plain LoRA adapter.

    ``tensors`` is keyed as PEFT's state: ``base_model.model.model.layers.N.MODULE.lora_A.weight`` (float32; A is
    (rank, in), B is (out, rank)). ``alpha`` is such that the scale is ``alpha / rank``. ``base_sha256`` is the
    hash of the model file it was trained on.
    """

    base: BaseShape
    alpha: float
    rank: int
    name: str
    base_sha256: str
    tensors: Tensors = field(repr=False)

    @staticmethod
    def file_alpha(alpha: float, rank: int, *, rslora: bool) -> float:
        """The alpha a file must state: rank-stabilised LoRA (arXiv 2312.03732) scales by ``alpha / √rank``."""
        return alpha * math.sqrt(rank) if rslora else alpha


def write_adapter(path: Path, adapter: Adapter) -> None:
    """Write ``adapter`` to ``path``; a reader sees the whole file or none. Equal adapters give equal bytes.

    Raises:
        AdapterFormatError: tensors that a plain LoRA file cannot hold, or that are not finite.
        OSError: the disk is full or the folder cannot be written to; what was at ``path`` stays.
    """
    tensors = _to_gguf(adapter)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        _write(temporary, adapter, tensors)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_adapter(path: Path, base: BaseShape) -> Adapter:
    """Read an adapter file for a model of shape ``base``.

    Raises:
        ModelMissingError, ModelCorruptError: no such file, or a damaged or truncated one.
        AdapterFormatError: it is no plain LoRA adapter, or made for another kind of model.
    """
    header = read_header(path)
    check_data(header)
    stated = header.metadata.get("general.architecture")
    if stated != base.architecture:
        raise AdapterFormatError(f"{path} was made for a {stated} model, not for {base.architecture}.")
    names = {gguf_name: key for key, gguf_name in _names(base).items()}
    tensors: dict[str, NDArray[np.float32]] = {}
    for tensor in gguf.GGUFReader(path).tensors:
        target, _, half = tensor.name.rpartition(".lora_")
        key = names.get(target.removesuffix(".weight"))
        if key is None or half not in ("a", "b"):
            raise AdapterFormatError(f"{path} has the tensor {tensor.name}, which no plain LoRA adapter has.")
        array = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        if half == "b":
            array = _reorder(array, key, base, to_file=False)
        tensors[f"base_model.model.{key}.lora_{half.upper()}.weight"] = np.array(array, dtype=np.float32)
    alpha = header.metadata.get("adapter.lora.alpha")
    if not tensors or not isinstance(alpha, float):
        raise AdapterFormatError(f"{path} is no LoRA adapter: it has no tensors or no adapter.lora.alpha.")
    return Adapter(
        base=base,
        alpha=alpha,
        rank=next(array.shape[0] for name, array in tensors.items() if ".lora_A." in name),
        name=str(header.metadata.get("general.name") or path.stem),
        base_sha256=str(header.metadata.get(_BASE_KEY) or ""),
        tensors=tensors,
    )


def non_finite(tensors: Tensors) -> str | None:
    """The name of the first tensor with a NaN or an infinity, or ``None``."""
    return next((name for name, array in tensors.items() if not np.isfinite(array).all()), None)


def _names(base: BaseShape) -> dict[str, str]:
    """transformers' name of every matrix an adapter may change to llama.cpp's, both without ``.weight``."""
    names = gguf.get_tensor_name_map(ARCHITECTURES[base.architecture], base.layers)
    keys = [f"model.layers.{layer}.{module}" for layer in range(base.layers) for module in MODULES]
    found = {key: names.get_name(key) for key in keys}
    return {key: name for key, name in found.items() if name is not None}


def _parse(name: str) -> tuple[str, str]:
    """``("model.layers.N.MODULE", "a" or "b")`` of a name in PEFT's state."""
    match = _LAYER.match(name)
    if match is not None and match[2] in MODULES:
        return f"model.layers.{match[1]}.{match[2]}", match[3].lower()
    if "lora_magnitude_vector" in name:
        raise AdapterFormatError(
            f"The adapter uses DoRA ({name}), which llama.cpp cannot serve. Train plain LoRA (use_dora=False)."
        )
    if "modules_to_save" in name or "lora_" not in name:
        raise AdapterFormatError(
            f"The adapter holds a whole module ({name}), which llama.cpp cannot serve. Train without modules_to_save."
        )
    raise AdapterFormatError(
        f"The adapter changes {name}, which cannot be served; only these can: {', '.join(MODULES)}."
    )


def _to_gguf(adapter: Adapter) -> dict[str, NDArray[np.float32]]:
    """The tensors under llama.cpp's names and in its order of rows, sorted by name; checked."""
    if (bad := non_finite(adapter.tensors)) is not None:
        raise AdapterFormatError(
            f"The adapter's tensor {bad} has values that are not finite: training diverged."
        )
    names = _names(adapter.base)
    result: dict[str, NDArray[np.float32]] = {}
    halves: dict[str, set[str]] = {}
    for name, array in adapter.tensors.items():
        key, half = _parse(name)
        if key not in names:
            raise AdapterFormatError(
                f"The adapter changes {key}, but the model has {adapter.base.layers} layers."
            )
        if array.ndim != 2 or array.shape[half == "b"] != adapter.rank:
            raise AdapterFormatError(f"The tensor {name} is {array.shape}: not of rank {adapter.rank}.")
        halves.setdefault(key, set()).add(half)
        if half == "b":
            array = _reorder(array, key, adapter.base, to_file=True)
        result[f"{names[key]}.weight.lora_{half}"] = np.ascontiguousarray(array, dtype=np.float32)
    lone = next((key for key, found in halves.items() if len(found) != 2), None)
    if lone is not None or not halves:
        raise AdapterFormatError(
            f"The adapter has only one half of the pair for {lone}." if lone else "No tensors."
        )
    return dict(sorted(result.items()))


def _reorder(array: NDArray[np.float32], key: str, base: BaseShape, *, to_file: bool) -> NDArray[np.float32]:
    """Rows of a query or key matrix between transformers' order (halves) and llama.cpp's (pairs), per head."""
    heads = {"self_attn.q_proj": base.heads, "self_attn.k_proj": base.kv_heads}.get(key.split(".", 3)[3])
    if base.architecture != "llama" or heads is None:
        return array
    rows, columns = array.shape
    half = rows // heads // 2
    split = (heads, 2, half, columns) if to_file else (heads, half, 2, columns)
    return array.reshape(split).swapaxes(1, 2).reshape(rows, columns)


def _write(path: Path, adapter: Adapter, tensors: Tensors) -> None:
    writer = gguf.GGUFWriter(str(path), adapter.base.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_name(adapter.name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", adapter.alpha)
    writer.add_string(_BASE_KEY, adapter.base_sha256)
    for name, array in tensors.items():
        writer.add_tensor(name, array)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
