"""LoRA on the very file that serves: loaded from GGUF, frozen, in bf16 on the CPU or NF4 on CUDA."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from torch import nn

from burnish_models import gguf_file
from burnish_models.adapters.adapter_file import MODULES, Adapter, BaseShape
from burnish_models.adapters.errors import AdapterFormatError
from burnish_models.gguf_header import read_header
from burnish_training.kto.errors import DivergedError, LoraError

__all__ = [
    "FrozenBase",
    "LoraSettings",
    "Precision",
    "adapter_of",
    "add_lora",
    "choose_precision",
    "load_base",
    "refuse_unservable",
    "verify_gradients",
]


class Precision(StrEnum):
    """What the frozen base computes in. The adapter's own weights are float32 always."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    NF4 = "nf4"


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Low-rank adaptation (arXiv 2106.09685); ``rslora`` scales by alpha/√rank (2312.03732) instead of alpha/rank."""

    rank: int = 16
    alpha: float = 16.0
    rslora: bool = True
    dropout: float = 0.0
    modules: tuple[str, ...] = MODULES

    def __post_init__(self) -> None:
        if self.rank < 1 or self.alpha <= 0 or not 0 <= self.dropout < 1:
            raise LoraError(
                "LoRA needs a rank of 1 or more, an alpha above 0, and a dropout of at least 0 and under 1"
            )
        if not self.modules or not set(self.modules) <= set(MODULES):
            raise LoraError(f"LoRA can change only these modules: {', '.join(MODULES)}")


@dataclass(frozen=True, slots=True)
class FrozenBase:
    """The base model as transformers loaded it from its GGUF file, and what that file is."""

    model: Any
    path: Path
    sha256: str
    shape: BaseShape
    precision: Precision
    device: torch.device


def choose_precision(device: torch.device) -> Precision:
    """NF4 on CUDA (QLoRA, arXiv 2305.14314). bf16 elsewhere: there NF4 is slower, and its kernels for AVX512-BF16 repack
    the weights in evaluation, after which adapters get no gradient."""
    if device.type == "cuda" and importlib.util.find_spec("bitsandbytes") is not None:
        return Precision.NF4
    return Precision.BFLOAT16


def load_base(path: Path, *, device: torch.device, precision: Precision) -> FrozenBase:
    """Load the model at ``path`` and freeze it.

    Raises:
        ModelFileError: the file is missing or damaged.
        LoraError: transformers computes something else than llama.cpp for it, or NF4 is asked for where it cannot run.
    """
    from transformers import AutoModelForCausalLM, GgufConfig

    info = gguf_file.inspect(path)
    shape = _shape(info)
    _refuse_scaled_positions(path, info)
    if precision is Precision.NF4 and device.type != "cuda":
        raise LoraError("NF4 training needs a CUDA device: use bfloat16 on the CPU.")
    dtype = torch.float32 if precision is Precision.FLOAT32 else torch.bfloat16
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(path.parent),
            gguf_file=path.name,
            dtype=dtype,
            attn_implementation="sdpa",
            # Packed weights cannot be trained on, and their kernels would be fetched from the network.
            quantization_config=GgufConfig(dequantize=True),
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise LoraError(f"{path.name} cannot be loaded for training: {error}") from error
    model.requires_grad_(False)
    model.config.use_cache = False
    kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
    if kinds != {"full_attention"}:
        raise LoraError(
            f"{path.name} has layers with {', '.join(sorted(kinds))}: only full attention can be trained."
        )
    if precision is Precision.NF4:
        quantize_nf4(model)
    return FrozenBase(model.to(device), path, info.sha256(), shape, precision, device)


def _shape(info: gguf_file.GgufInfo) -> BaseShape:
    try:
        return BaseShape(info.architecture, info.block_count, info.head_count, info.head_count_kv)
    except AdapterFormatError as error:
        raise LoraError(str(error)) from error


def _refuse_scaled_positions(path: Path, info: gguf_file.GgufInfo) -> None:
    """transformers drops these when it reads GGUF: it would train another model than the one that serves."""
    scaling = read_header(path).metadata.get(f"{info.architecture}.rope.scaling.type", "none")
    if scaling != "none" or "rope_freqs.weight" in info.tensor_shapes:
        raise LoraError(
            f"{path.name} scales its positions ({scaling}), which training does not support. Choose a model without it, "
            "such as Qwen2.5-Coder."
        )


def quantize_nf4(model: Any) -> None:
    """Replace every matrix in the layers by a 4-bit one (NormalFloat, double quantisation, bf16 arithmetic), in place.

    The weights are quantised when the model moves to its device.

    Raises:
        LoraError: bitsandbytes is not installed.
    """
    try:
        bnb: Any = importlib.import_module("bitsandbytes")
    except ImportError as error:
        raise LoraError('NF4 training needs bitsandbytes: pip install "burnish[cuda]"') from error
    for module in list(model.model.layers.modules()):
        for name, linear in list(module.named_children()):
            if type(linear) is not nn.Linear:
                continue
            fresh = bnb.nn.Linear4bit(
                linear.in_features,
                linear.out_features,
                bias=linear.bias is not None,
                compute_dtype=torch.bfloat16,
                compress_statistics=True,
                quant_type="nf4",
                device=torch.device("meta"),
            )
            fresh.weight = bnb.nn.Params4bit(
                linear.weight.data, requires_grad=False, compress_statistics=True, quant_type="nf4"
            )
            fresh.bias = linear.bias
            setattr(module, name, fresh)
    model.is_loaded_in_4bit = True


def add_lora(base: FrozenBase, settings: LoraSettings, *, seed: int) -> Any:
    """A fresh adapter on ``base`` (PEFT's model, in training mode). B starts at zero: the reference is what it starts as."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # type: ignore[arg-type]
        lora_dropout=settings.dropout,
        use_rslora=settings.rslora,
        target_modules=list(settings.modules),
        bias="none",
        task_type="CAUSAL_LM",
    )
    refuse_unservable(config)
    torch.manual_seed(seed)
    model = get_peft_model(base.model, config)
    model.train()
    return model


def refuse_unservable(config: Any) -> None:
    """Check that a PEFT configuration is of an adapter that llama.cpp can serve.

    Raises:
        LoraError: DoRA, whole saved modules, biases, embeddings, or ranks that differ between modules.
    """
    reasons = {
        "DoRA (use_dora)": getattr(config, "use_dora", False),
        "whole modules (modules_to_save)": getattr(config, "modules_to_save", None),
        "biases": getattr(config, "bias", "none") != "none" or getattr(config, "lora_bias", False),
        "ranks or alphas by module": getattr(config, "rank_pattern", None)
        or getattr(config, "alpha_pattern", None),
        "single tokens (trainable_token_indices)": getattr(config, "trainable_token_indices", None),
        "single parameters (target_parameters)": getattr(config, "target_parameters", None),
        "modules other than the layers' matrices": _foreign_targets(getattr(config, "target_modules", None)),
    }
    found = [reason for reason, present in reasons.items() if present]
    if found:
        raise LoraError(f"The adapter trains {', '.join(found)}, which cannot be served. Train plain LoRA.")


def _foreign_targets(targets: Any) -> bool:
    short = {module.rpartition(".")[2] for module in MODULES}
    return isinstance(targets, str) or any(name.rpartition(".")[2] not in short for name in targets or ())


def verify_gradients(model: Any) -> None:
    """Check after a backward pass that every weight of the adapter has a gradient.

    Raises:
        DivergedError: one has none, which some kernels for quantised weights cause silently.
    """
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    without = [name for name, parameter in trained if parameter.grad is None]
    if without or not trained:
        raise DivergedError(
            f"{len(without)} of {len(trained)} adapter weights got no gradient (first: {next(iter(without), 'none')}): "
            "this precision cannot be trained on this device. Use bfloat16."
        )


def adapter_of(model: Any, base: FrozenBase, settings: LoraSettings, *, name: str) -> Adapter:
    """The adapter's weights as plain arrays, ready for :func:`burnish_models.adapters.adapter_file.write_adapter`."""
    from peft import get_peft_model_state_dict

    state: Mapping[str, torch.Tensor] = get_peft_model_state_dict(model, save_embedding_layers=False)
    return Adapter(
        base=base.shape,
        alpha=Adapter.file_alpha(settings.alpha, settings.rank, rslora=settings.rslora),
        rank=settings.rank,
        name=name,
        base_sha256=base.sha256,
        tensors={key: tensor.detach().float().cpu().numpy() for key, tensor in state.items()},
    )
