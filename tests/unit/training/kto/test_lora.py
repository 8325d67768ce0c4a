from __future__ import annotations

import dataclasses
from pathlib import Path

import gguf
import pytest
import torch
from peft import LoraConfig

from burnish_models.adapters.adapter_file import MODULES, read_adapter, write_adapter
from burnish_training.kto.batches import Row
from burnish_training.kto.errors import DivergedError, LoraError
from burnish_training.kto.lora import (
    LoraSettings,
    Precision,
    adapter_of,
    add_lora,
    choose_precision,
    load_base,
    quantize_nf4,
    refuse_unservable,
    verify_gradients,
)
from burnish_training.kto.policy import collate, token_logps
from tests.unit.training.kto.tiny import LAYERS, random_examples

CPU = torch.device("cpu")
SMALL = LoraSettings(rank=4, alpha=8)


def backward(model: object, device: torch.device = CPU) -> None:
    collated = collate(random_examples(2), (Row(0, 1), Row(1, 0)), device)
    (-token_logps(model.get_base_model(), collated).sum()).backward()  # type: ignore[attr-defined]


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.BFLOAT16])
def test_only_the_adapter_learns_and_all_of_it(qwen2: Path, precision: Precision) -> None:
    base = load_base(qwen2, device=CPU, precision=precision)
    model = add_lora(base, SMALL, seed=1)
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert len(trained) == LAYERS * len(MODULES) * 2
    assert all(".lora_" in name for name in trained)
    assert all(p.dtype is torch.float32 for p in model.parameters() if p.requires_grad)
    assert type(base.model.model.layers[0].mlp.up_proj.base_layer) is torch.nn.Linear
    assert base.model.model.layers[0].mlp.up_proj.base_layer.weight.dtype is getattr(torch, precision)
    backward(model)
    verify_gradients(model)


def test_a_missing_gradient_is_noticed(qwen2: Path) -> None:
    base = load_base(qwen2, device=CPU, precision=Precision.FLOAT32)
    model = add_lora(base, SMALL, seed=1)
    backward(model)
    next(p for p in model.parameters() if p.requires_grad).grad = None
    with pytest.raises(DivergedError, match="1 of 28 adapter weights got no gradient"):
        verify_gradients(model)


def test_the_seed_decides_the_adapter(qwen2: Path) -> None:
    def start(seed: int) -> torch.Tensor:
        model = add_lora(load_base(qwen2, device=CPU, precision=Precision.FLOAT32), SMALL, seed=seed)
        return next(p for p in model.parameters() if p.requires_grad).detach()

    assert torch.equal(start(1), start(1))
    assert not torch.equal(start(1), start(2))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"bias": "all"}, "biases"),
        ({"rank_pattern": {"q_proj": 2}}, "by module"),
        ({"target_modules": ["q_proj", "lm_head"]}, "other than the layers"),
        ({"target_modules": "all-linear"}, "other than the layers"),
    ],
)
def test_what_cannot_be_served_is_refused(change: dict[str, object], what: str) -> None:
    good = LoraConfig(r=4, target_modules=["q_proj"], task_type="CAUSAL_LM")
    refuse_unservable(good)
    with pytest.raises(LoraError, match=what):
        refuse_unservable(dataclasses.replace(good, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"rank": 0}, {"alpha": 0}, {"dropout": 1.0}, {"modules": ("lm_head",)}])
def test_bad_settings_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(LoraError):
        LoraSettings(**change)  # type: ignore[arg-type]


def test_the_adapter_goes_to_a_file_and_back(llama: Path, tmp_path: Path) -> None:
    base = load_base(llama, device=CPU, precision=Precision.FLOAT32)
    model = add_lora(base, SMALL, seed=1)
    adapter = adapter_of(model, base, SMALL, name="night")
    assert adapter.alpha == 8 * 4**0.5
    write_adapter(tmp_path / "night.gguf", adapter)
    again = read_adapter(tmp_path / "night.gguf", base.shape)
    assert again.base_sha256 == base.sha256
    assert set(again.tensors) == set(adapter.tensors)
    assert all((again.tensors[name] == array).all() for name, array in adapter.tensors.items())


def test_scaled_positions_are_refused(llama: Path, tmp_path: Path) -> None:
    """transformers would drop them and train another model."""
    path = tmp_path / "scaled.gguf"
    reader, writer = gguf.GGUFReader(llama), gguf.GGUFWriter(str(path), "llama")
    for field in reader.fields.values():
        if not field.name.startswith(("GGUF.", "general.architecture")):
            kind = field.types[0]
            sub = field.types[-1] if kind is gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kind, sub)
    writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(LoraError, match="scales its positions"):
        load_base(path, device=CPU, precision=Precision.FLOAT32)


def test_the_cpu_computes_in_bfloat16_and_refuses_nf4(qwen2: Path) -> None:
    assert choose_precision(CPU) is Precision.BFLOAT16
    with pytest.raises(LoraError, match="CUDA"):
        load_base(qwen2, device=CPU, precision=Precision.NF4)


def test_four_bit_layers_take_an_adapter_that_learns(qwen2: Path) -> None:
    """bitsandbytes' own CPU kernels: what :func:`load_base` does on CUDA, short of the device."""
    bnb = pytest.importorskip("bitsandbytes")
    base = load_base(qwen2, device=CPU, precision=Precision.BFLOAT16)
    exact = base.model.model.layers[1].mlp.down_proj.weight.float()
    quantize_nf4(base.model)
    base.model.to(CPU)
    layer = base.model.model.layers[1].mlp.down_proj
    assert isinstance(layer, bnb.nn.Linear4bit)
    assert layer.weight.quant_state.nested
    restored = bnb.functional.dequantize_4bit(layer.weight.data, layer.weight.quant_state).float()
    assert 0 < (restored - exact).abs().mean() < 0.15 * exact.abs().mean()
    model = add_lora(base, SMALL, seed=1)
    backward(model)
    verify_gradients(model)
    assert len(adapter_of(model, base, SMALL, name="x").tensors) == LAYERS * len(MODULES) * 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_nf4_on_cuda_learns(qwen2: Path) -> None:
    pytest.importorskip("bitsandbytes")
    device = torch.device("cuda")
    base = load_base(qwen2, device=device, precision=choose_precision(device))
    assert base.precision is Precision.NF4
    model = add_lora(base, SMALL, seed=1)
    backward(model, device)
    verify_gradients(model)
