"""Sound model and adapter files: what is read from them, and how fast."""

from __future__ import annotations

import hashlib
import math
import time
import tracemalloc
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf_maker import EMBEDDING, QWEN_SPECIALS, vocabulary, write_adapter, write_model

from burnish_models.errors import ModelCorruptError, ModelFileError, ModelUnsupportedError
from burnish_models.gguf_file import check_adapter, file_sha256, inspect
from burnish_models.gguf_header import read_header


def test_reads_what_the_writer_wrote(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf")
    info = inspect(path)
    reader = gguf.GGUFReader(path)
    assert info.tensor_shapes == {tensor.name: tuple(tensor.shape.tolist()) for tensor in reader.tensors}
    assert info.parameters == sum(tensor.n_elements for tensor in reader.tensors)
    assert (info.architecture, info.name, info.quantization) == ("qwen2", "Tiny coder", "Q8_0")
    assert (info.context_length, info.block_count, info.head_count, info.head_count_kv) == (512, 2, 4, 2)
    assert (info.embedding_length, info.vocabulary_size) == (EMBEDDING, 64)
    assert (info.tokenizer_model, info.tokenizer_pre, info.licence) == ("gpt2", "qwen2", "apache-2.0")
    # Two layers, two KV heads, keys and values of 8 elements, two bytes each.
    assert info.kv_bytes_per_token == 2 * 2 * (8 + 8) * 2
    assert info.fim_family == "qwen2.5-coder"
    words = vocabulary()
    assert info.token_ids["<|fim_middle|>"] == words.index("<|fim_middle|>")
    assert set(info.token_ids) == set(QWEN_SPECIALS) - {"<|im_start|>"}
    assert info.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not info.recurrent


def test_tokens_are_decoded_on_demand(tmp_path: Path) -> None:
    words = ["", "é", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "▁x", *vocabulary()[:26]]
    tokens = read_header(write_model(tmp_path / "m.gguf", tokens=words)).tokens
    assert tokens is not None
    assert list(tokens) == words
    assert (tokens[1], tokens[-1], tokens[4:6]) == ("é", words[-1], words[4:6])
    with pytest.raises(IndexError):
        tokens[len(words)]


def test_heads_may_differ_by_layer(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", leave_out=["qwen2.attention.head_count_kv"])
    assert inspect(path).head_count_kv == 4

    def by_layer(writer: gguf.GGUFWriter) -> None:
        del writer.kv_data[0]["qwen2.attention.head_count_kv"]
        writer.add_array("qwen2.attention.head_count_kv", [2, 4])

    info = inspect(write_model(tmp_path / "n.gguf", change=by_layer))
    assert (info.head_count_kv, info.kv_bytes_per_token) == (4, (2 + 4) * (8 + 8) * 2)


def test_model_without_fill_in_the_middle_can_be_inspected(tmp_path: Path) -> None:
    info = inspect(write_model(tmp_path / "m.gguf", tokens=[f"t{i}" for i in range(64)]))
    assert info.fim is None
    assert info.fim_family == ""
    assert "chat-only" in info.fim_problem


def test_hash_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    first = file_sha256(path)
    path.write_bytes(b"other")
    assert first == hashlib.sha256(b"one").hexdigest() != file_sha256(path)
    with pytest.raises(ModelFileError, match="Cannot read"):
        file_sha256(tmp_path / "none")


def test_large_vocabulary_is_read_fast_and_in_little_memory(tmp_path: Path) -> None:
    words = [f"token{i}" for i in range(151_936 - len(QWEN_SPECIALS))] + list(QWEN_SPECIALS)

    def merges(writer: gguf.GGUFWriter) -> None:
        writer.kv_data[0]["tokenizer.ggml.merges"].value = [f"a{i} b{i}" for i in range(151_000)]

    path = write_model(tmp_path / "large.gguf", tokens=words, change=merges)
    started = time.process_time()
    info = inspect(path)
    seconds = time.process_time() - started
    assert info.token_ids["<|file_sep|>"] == 151_935
    assert seconds < 1  # of processor time; about 0.15 on the machine this was written on
    tracemalloc.start()
    inspect(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_adapter_that_fits(tmp_path: Path) -> None:
    base = inspect(write_model(tmp_path / "m.gguf"))
    adapter = check_adapter(write_adapter(tmp_path / "a.gguf", rank=4, alpha=8.0), base)
    assert (adapter.alpha, adapter.rank, len(adapter.targets)) == (8.0, 4, 4)


def drop_half(tensors: dict[str, np.ndarray]) -> None:
    del tensors["blk.0.attn_q.weight.lora_b"]


def other_rank(tensors: dict[str, np.ndarray]) -> None:
    tensors["blk.0.attn_q.weight.lora_a"] = np.zeros((2, 32), np.float32)
    tensors["blk.0.attn_q.weight.lora_b"] = np.zeros((32, 2), np.float32)


def half_rank(tensors: dict[str, np.ndarray]) -> None:
    tensors["blk.0.attn_q.weight.lora_a"] = np.zeros((2, 32), np.float32)


def other_size(tensors: dict[str, np.ndarray]) -> None:
    tensors["blk.0.attn_q.weight.lora_a"] = np.zeros((4, 64), np.float32)


def other_layer(tensors: dict[str, np.ndarray]) -> None:
    tensors["blk.9.attn_q.weight.lora_a"] = tensors.pop("blk.0.attn_q.weight.lora_a")
    tensors["blk.9.attn_q.weight.lora_b"] = tensors.pop("blk.0.attn_q.weight.lora_b")


def magnitude(tensors: dict[str, np.ndarray]) -> None:
    tensors["blk.0.attn_q.weight.lora_magnitude"] = np.zeros(32, np.float32)


@pytest.mark.parametrize(
    ("options", "expected", "message"),
    [
        ({"change": drop_half}, ModelCorruptError, "only one half of the pair for blk.0.attn_q.weight"),
        ({"change": other_rank}, ModelCorruptError, r"different ranks: \[2, 4\]"),
        ({"change": half_rank}, ModelCorruptError, "does not multiply"),
        ({"change": other_size}, ModelUnsupportedError, "a model of another size"),
        (
            {"change": other_layer},
            ModelUnsupportedError,
            "changes blk.9.attn_q.weight, which the model does not",
        ),
        ({"change": magnitude}, ModelUnsupportedError, "DoRA"),
        ({"change": dict.clear}, ModelCorruptError, "no tensors"),
        ({"architecture": "llama"}, ModelUnsupportedError, "made for a llama model"),
        ({"kind": "ia3"}, ModelUnsupportedError, "adapter.type is 'ia3'"),
        ({"alpha": None}, ModelCorruptError, "alpha is None"),
        ({"alpha": math.nan}, ModelCorruptError, "alpha is nan"),
        ({"alpha": 0.0}, ModelCorruptError, "alpha is 0.0"),
    ],
)
def test_adapter_that_does_not_fit(
    tmp_path: Path, options: dict[str, object], expected: type[ModelFileError], message: str
) -> None:
    base = inspect(write_model(tmp_path / "m.gguf"))
    with pytest.raises(ModelFileError, match=message) as caught:
        check_adapter(write_adapter(tmp_path / "a.gguf", **options), base)  # type: ignore[arg-type]
    assert type(caught.value) is expected


def test_truncated_adapter(tmp_path: Path) -> None:
    base = inspect(write_model(tmp_path / "m.gguf"))
    path = write_adapter(tmp_path / "a.gguf")
    whole = path.read_bytes()
    for length in (0, 3, 30, 200, len(whole) // 2, len(whole) - 64, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelCorruptError):
            check_adapter(path, base)


def test_model_is_no_adapter(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf")
    with pytest.raises(ModelUnsupportedError, match="is not a LoRA adapter"):
        check_adapter(path, inspect(path))
