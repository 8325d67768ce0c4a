from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import gguf
import numpy as np
import pytest
from tests.adapter_maker import MODEL, SHAPE, random_adapter

from burnish_models.adapters.adapter_file import MODULES, Adapter, BaseShape, read_adapter, write_adapter
from burnish_models.adapters.errors import AdapterFormatError
from burnish_models.errors import ModelCorruptError, ModelMissingError
from burnish_models.gguf_file import check_adapter, inspect


def one_pair(module: str, base: BaseShape, b: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Adapter:
    stem = f"base_model.model.model.layers.0.{module}"
    a = np.ones((b.shape[1], 8), np.float32)
    return Adapter(
        base, 4.0, b.shape[1], "x", "0" * 64, {f"{stem}.lora_A.weight": a, f"{stem}.lora_B.weight": b}
    )


def test_the_bundled_model_has_the_shape_the_tests_use() -> None:
    info = inspect(MODEL)
    assert BaseShape(info.architecture, info.block_count, info.head_count, info.head_count_kv) == SHAPE


def test_a_file_is_what_llama_cpp_expects(tmp_path: Path) -> None:
    path = tmp_path / "night.gguf"
    write_adapter(path, random_adapter(1, name="Monday"))
    info = check_adapter(path, inspect(MODEL))
    assert (info.name, info.alpha, info.rank) == ("Monday", 8.0, 4)
    assert info.targets == tuple(f"blk.{i}.attn_output.weight" for i in range(6))
    fields = gguf.GGUFReader(path).fields
    assert fields["general.type"].contents() == "adapter"
    assert fields["adapter.type"].contents() == "lora"


def test_equal_adapters_are_equal_bytes(tmp_path: Path) -> None:
    adapter = random_adapter(1)
    backwards = dataclasses.replace(adapter, tensors=dict(reversed(adapter.tensors.items())))
    for name, one in (("a", adapter), ("b", backwards), ("c", random_adapter(2))):
        write_adapter(tmp_path / name, one)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_what_is_written_is_read_back(architecture: str, module: str, tmp_path: Path) -> None:
    base = BaseShape(architecture, 1, 2, 1)
    b = np.arange(24, dtype=np.float32).reshape(8, 3)
    write_adapter(tmp_path / "x.gguf", one_pair(module, base, b))
    again = read_adapter(tmp_path / "x.gguf", base)
    assert np.array_equal(again.tensors[f"base_model.model.model.layers.0.{module}.lora_B.weight"], b)
    assert (again.alpha, again.rank, again.name, again.base_sha256) == (4.0, 3, "x", "0" * 64)


@pytest.mark.parametrize(
    ("architecture", "module", "rows"),
    [
        ("llama", "self_attn.q_proj", [0, 2, 1, 3, 4, 6, 5, 7]),
        ("llama", "self_attn.k_proj", [0, 4, 1, 5, 2, 6, 3, 7]),
        ("llama", "self_attn.v_proj", list(range(8))),
        ("qwen2", "self_attn.q_proj", list(range(8))),
    ],
)
def test_rows_of_queries_and_keys_move_only_for_llama(
    architecture: str, module: str, rows: list[int], tmp_path: Path
) -> None:
    """Two query heads of four rows, one key head of eight: pairs instead of halves within each."""
    base = BaseShape(architecture, 1, 2, 1)
    b = np.arange(8, dtype=np.float32)[:, None].repeat(2, axis=1)
    write_adapter(tmp_path / "x.gguf", one_pair(module, base, b))
    (stored,) = [t for t in gguf.GGUFReader(tmp_path / "x.gguf").tensors if t.name.endswith("lora_b")]
    assert stored.data[:, 0].tolist() == rows


def test_rank_stabilised_lora_states_a_larger_alpha() -> None:
    assert Adapter.file_alpha(16, 16, rslora=True) / 16 == 16 / 16**0.5
    assert Adapter.file_alpha(16, 16, rslora=False) == 16


def broken(change: str) -> Adapter:
    adapter = random_adapter(1)
    tensors = dict(adapter.tensors)
    stem = "base_model.model.model.layers.0.self_attn.o_proj"
    ones = np.ones((4, 256), np.float32)
    if change == "dora":
        tensors[f"{stem}.lora_magnitude_vector"] = ones[0]
    elif change == "module":
        tensors["base_model.model.lm_head.modules_to_save.weight"] = ones
    elif change == "head":
        tensors["base_model.model.lm_head.lora_A.weight"] = ones
    elif change == "nan":
        tensors[f"{stem}.lora_A.weight"] = ones * np.nan
    elif change == "inf":
        tensors[f"{stem}.lora_B.weight"] = np.full((256, 4), np.inf, np.float32)
    elif change == "half":
        del tensors[f"{stem}.lora_B.weight"]
    elif change == "layer":
        tensors["base_model.model.model.layers.6.self_attn.o_proj.lora_A.weight"] = ones
    elif change == "rank":
        tensors[f"{stem}.lora_A.weight"] = np.ones((5, 256), np.float32)
    else:
        tensors.clear()
    return dataclasses.replace(adapter, tensors=tensors)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("dora", "DoRA"),
        ("module", "modules_to_save"),
        ("head", "only these can"),
        ("nan", "not finite"),
        ("inf", "not finite"),
        ("half", "one half of the pair"),
        ("layer", "has 6 layers"),
        ("rank", "not of rank 4"),
        ("none", "No tensors"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_and_nothing_is_written(
    change: str, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "night.gguf"
    path.write_bytes(b"before")
    with pytest.raises(AdapterFormatError, match=why):
        write_adapter(path, broken(change))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "night.gguf"
    path.write_bytes(b"before")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_adapter(path, random_adapter(1))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_other_architectures_are_refused() -> None:
    with pytest.raises(AdapterFormatError, match="only for llama, qwen2"):
        BaseShape("starcoder2", 2, 2, 2)


def test_reading_what_is_no_adapter(tmp_path: Path) -> None:
    path = tmp_path / "night.gguf"
    write_adapter(path, random_adapter(1))
    with pytest.raises(AdapterFormatError, match="made for a qwen2 model"):
        read_adapter(path, BaseShape("llama", 6, 4, 2))
    with pytest.raises(AdapterFormatError, match="no plain LoRA adapter has"):
        read_adapter(MODEL, SHAPE)
    with pytest.raises(ModelMissingError):
        read_adapter(tmp_path / "none.gguf", SHAPE)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelCorruptError, match="truncated"):
        read_adapter(path, SHAPE)
