"""Broken and unsuitable model files: each kind has its own class and message, and none crashes or hangs."""

from __future__ import annotations

import math
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf_maker import EMBEDDING, write_adapter, write_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish_models.errors import (
    ModelCorruptError,
    ModelFileError,
    ModelMissingError,
    ModelTooLargeError,
    ModelUnsupportedError,
)
from burnish_models.gguf_file import check, inspect

PLENTY = 1 << 40


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_model(tmp_path_factory.mktemp("sound") / "sound.gguf").read_bytes()


def rewritten(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def header(tensors: int, entries: int, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, entries)


def string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def patched(data: bytes, key: bytes, distance: int, new: bytes) -> bytes:
    """``data`` with bytes replaced ``distance`` after the end of ``key``."""
    at = data.index(key) + len(key) + distance
    return data[:at] + new + data[at + len(new) :]


def tensor_offset_patched(data: bytes, name: bytes, offset: int) -> bytes:
    # After a name: dimension count (4), two extents (16), type (4), offset (8).
    return patched(data, string(name), 24, struct.pack("<Q", offset))


Make = Callable[[Path, bytes], Path]
KINDS: dict[str, tuple[Make, type[ModelFileError], str]] = {
    "missing": (lambda p, _: p / "none.gguf", ModelMissingError, "There is no model file at"),
    "folder": (lambda p, _: p, ModelMissingError, "is a folder"),
    "empty": (lambda p, _: rewritten(p / "m", b""), ModelCorruptError, "it is empty"),
    "text": (lambda p, _: rewritten(p / "m", b"<!DOCTYPE html>"), ModelCorruptError, "begins with b'<!DO'"),
    "zip": (lambda p, _: zipped(p / "m"), ModelCorruptError, "begins with b'PK"),
    "two bytes": (lambda p, _: rewritten(p / "m", b"GG"), ModelCorruptError, "it ends at byte 2"),
    "version": (
        lambda p, d: rewritten(p / "m", d[:4] + b"\7\0\0\0" + d[8:]),
        ModelUnsupportedError,
        "version 7",
    ),
    "big-endian": (
        lambda p, d: rewritten(p / "m", d[:4] + b"\0\0\0\3" + d[8:]),
        ModelUnsupportedError,
        "big-endian",
    ),
    "cut in the header": (lambda p, d: rewritten(p / "m", d[:18]), ModelCorruptError, "the metadata count"),
    "cut in the metadata": (
        lambda p, d: rewritten(p / "m", d[:700]),
        ModelCorruptError,
        "ends at byte 700, in the middle of its header",
    ),
    "cut in the tensors": (
        lambda p, d: rewritten(p / "m", d[:-1000]),
        ModelCorruptError,
        "truncated: the tensor .* at the end of the file",
    ),
    "absurd tensor count": (
        lambda p, d: rewritten(p / "m", d[:8] + struct.pack("<Q", 1 << 60) + d[16:]),
        ModelCorruptError,
        "it claims 1152921504606846976 tensors",
    ),
    "absurd metadata count": (
        lambda p, d: rewritten(p / "m", d[:16] + struct.pack("<Q", 1 << 62) + d[24:]),
        ModelCorruptError,
        "metadata keys in",
    ),
    "absurd array": (
        lambda p, d: rewritten(p / "m", patched(d, b"tokenizer.ggml.tokens", 8, struct.pack("<Q", 1 << 61))),
        ModelCorruptError,
        "2305843009213693952 strings of tokenizer.ggml.tokens",
    ),
    "absurd string": (
        lambda p, d: rewritten(p / "m", patched(d, b"general.name", 4, struct.pack("<Q", 1 << 50))),
        ModelCorruptError,
        "general.name would be 1125899906842624 bytes long",
    ),
    "unknown metadata type": (
        lambda p, d: rewritten(p / "m", patched(d, b"general.name", 0, struct.pack("<I", 77))),
        ModelCorruptError,
        "'general.name' has the unknown type 77",
    ),
    "nested array": (
        lambda p, d: rewritten(p / "m", patched(d, b"tokenizer.ggml.tokens", 4, struct.pack("<I", 9))),
        ModelCorruptError,
        "is nested",
    ),
    "repeated key": (
        lambda p, d: rewritten(p / "m", d.replace(b"general.name", b"general.type")),
        ModelCorruptError,
        "'general.type' occurs twice",
    ),
    "overlapping tensors": (
        lambda p, d: rewritten(p / "m", tensor_offset_patched(d, b"blk.0.attn_q.weight", 0)),
        ModelCorruptError,
        "'blk.0.attn_q.weight' starts at byte 0 of the data",
    ),
    "tensor out of range": (
        lambda p, d: rewritten(p / "m", tensor_offset_patched(d, b"blk.0.attn_q.weight", 1 << 45)),
        ModelCorruptError,
        "truncated: the tensor 'blk.0.attn_q.weight'",
    ),
    "zero extent": (
        lambda p, d: rewritten(p / "m", patched(d, string(b"blk.0.attn_q.weight"), 4, bytes(8))),
        ModelCorruptError,
        r"impossible shape \(0, 32\)",
    ),
    "NaN as an extent": (
        lambda p, d: rewritten(
            p / "m", patched(d, string(b"blk.0.attn_q.weight"), 4, struct.pack("<d", math.nan))
        ),
        ModelCorruptError,
        "impossible shape",
    ),
    "five dimensions": (
        lambda p, d: rewritten(p / "m", patched(d, string(b"blk.0.attn_q.weight"), 0, struct.pack("<I", 5))),
        ModelCorruptError,
        "has 5 dimensions",
    ),
    "row that fills no block": (
        lambda p, d: rewritten(p / "m", patched(d, string(b"blk.0.attn_q.weight"), 4, struct.pack("<Q", 31))),
        ModelCorruptError,
        "Q8_0 needs blocks of 32",
    ),
    "removed quantisation": (
        lambda p, d: rewritten(p / "m", patched(d, string(b"blk.0.attn_q.weight"), 20, struct.pack("<I", 4))),
        ModelUnsupportedError,
        "quantisation .number 4.",
    ),
    "impossible tensor type": (
        lambda p, d: rewritten(
            p / "m", patched(d, string(b"blk.0.attn_q.weight"), 20, struct.pack("<I", 9999))
        ),
        ModelCorruptError,
        "impossible type 9999",
    ),
    "quantised norm": (
        lambda p, d: rewritten(p / "m", patched(d, string(b"output_norm.weight"), 12, struct.pack("<I", 8))),
        ModelCorruptError,
        "'output_norm.weight' is stored as Q8_0",
    ),
    "bad alignment": (
        lambda p, _: write_model(p / "m", change=lambda w: w.add_uint32("general.alignment", 33)),
        ModelCorruptError,
        "alignment is 33",
    ),
    "not a language model": (
        lambda p, _: write_model(p / "m", architecture="clip"),
        ModelUnsupportedError,
        "architecture 'clip'",
    ),
    "unknown architecture": (
        lambda p, _: write_model(p / "m", architecture="whisper"),
        ModelUnsupportedError,
        "architecture 'whisper'",
    ),
    "no architecture": (
        lambda p, _: write_model(p / "m", leave_out=["general.architecture"]),
        ModelCorruptError,
        "names no architecture",
    ),
    "no tokenizer": (
        lambda p, _: write_model(p / "m", tokenizer=False),
        ModelUnsupportedError,
        "has no tokenizer",
    ),
    "no merges": (
        lambda p, _: write_model(p / "m", leave_out=["tokenizer.ggml.merges"]),
        ModelCorruptError,
        "has no merges",
    ),
    "too few token types": (
        lambda p, _: write_model(p / "m", change=lambda w: shorten(w, "tokenizer.ggml.token_type")),
        ModelCorruptError,
        "token_type has 10 INT32 items for 64 tokens",
    ),
    "token twice": (
        lambda p, d: rewritten(p / "m", d.replace(string(b"tok16"), string(b"tok15"))),
        ModelCorruptError,
        "has the token 'tok15' twice",
    ),
    "token cut by a NUL": (
        lambda p, d: rewritten(p / "m", d.replace(string(b"tok16"), string(b"tok1\0"))),
        ModelCorruptError,
        "has the token 'tok1' twice",
    ),
    "token id outside": (
        lambda p, _: write_model(p / "m", tokens=[f"t{i}" for i in range(64)], change=fim_ids_outside),
        ModelCorruptError,
        "outside the vocabulary",
    ),
    "adapter": (lambda p, _: write_adapter(p / "m"), ModelUnsupportedError, "is a LoRA adapter"),
    "other type": (
        lambda p, _: write_model(p / "m", change=lambda w: w.kv_data[0].update(projector())),
        ModelUnsupportedError,
        "of type 'mmproj'",
    ),
    "second part of a split model": (
        lambda p, _: write_model(p / "m", change=split),
        ModelUnsupportedError,
        "is part 2 of 3",
    ),
    "no context length": (
        lambda p, _: write_model(p / "m", leave_out=["qwen2.context_length"]),
        ModelCorruptError,
        "no plausible qwen2.context_length",
    ),
    "not a number of heads": (
        lambda p, _: write_model(p / "m", change=lambda w: w.kv_data[0].update(heads_as_text())),
        ModelCorruptError,
        "no plausible qwen2.attention.head_count",
    ),
    "more layers than tensors": (
        lambda p, _: write_model(p / "m", change=lambda w: w.kv_data[0].update(layers(3))),
        ModelCorruptError,
        "the layer 2 of 3 has no tensors",
    ),
    "other embedding length": (
        lambda p, _: write_model(p / "m", change=lambda w: w.kv_data[0].update(embedding(64))),
        ModelCorruptError,
        r"token embedding is \(32, 64\), but the metadata and vocabulary say \(64, 64\)",
    ),
    "no embedding": (
        lambda p, _: write_model(p / "m", leave_out=["token_embd.weight"]),
        ModelCorruptError,
        "no token embedding",
    ),
    "wrong output layer": (
        lambda p, _: write_model(
            p / "m", extra_tensors={"output.weight": np.zeros((8, EMBEDDING), np.float32)}
        ),
        ModelCorruptError,
        "output layer is",
    ),
    "metadata only": (
        lambda p, _: rewritten(p / "m", vocabulary_only(p / "v")),
        ModelCorruptError,
        "no tensors, only metadata",
    ),
    "chat model": (
        lambda p, _: write_model(p / "m", name="Chatty", tokens=[f"t{i}" for i in range(64)]),
        ModelUnsupportedError,
        "Chatty has no fill-in-the-middle tokens",
    ),
}


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.gguf", "x")
    return path


def shorten(writer: gguf.GGUFWriter, key: str) -> None:
    entry = writer.kv_data[0][key]
    entry.value = entry.value[:10]


def fim_ids_outside(writer: gguf.GGUFWriter) -> None:
    for part in ("pre", "suf", "mid"):
        writer.add_uint32(f"tokenizer.ggml.fim_{part}_token_id", 64)


def split(writer: gguf.GGUFWriter) -> None:
    writer.add_uint16("split.no", 1)
    writer.add_uint16("split.count", 3)


def value(data: object, kind: gguf.GGUFValueType) -> gguf.gguf_writer.GGUFValue:
    return gguf.gguf_writer.GGUFValue(value=data, type=kind)


def projector() -> dict[str, object]:
    return {"general.type": value("mmproj", gguf.GGUFValueType.STRING)}


def heads_as_text() -> dict[str, object]:
    return {"qwen2.attention.head_count": value("many", gguf.GGUFValueType.STRING)}


def layers(count: int) -> dict[str, object]:
    return {"qwen2.block_count": value(count, gguf.GGUFValueType.UINT32)}


def embedding(length: int) -> dict[str, object]:
    return {"qwen2.embedding_length": value(length, gguf.GGUFValueType.UINT32)}


def vocabulary_only(path: Path) -> bytes:
    everything = list(inspect(write_model(path)).tensor_shapes)
    return write_model(path, leave_out=everything).read_bytes()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_broken_file(kind: str, tmp_path: Path, sound: bytes) -> None:
    make, expected, message = KINDS[kind]
    path = make(tmp_path, sound)
    with pytest.raises(ModelFileError, match=message) as caught:
        check(path, PLENTY, 512)
    assert type(caught.value) is expected
    text = str(caught.value)
    assert len(text) < 500
    # What failed, and what to do: two sentences at least, about this file.
    assert text.count(". ") >= 1 or "choose" in text.lower()


def test_every_kind_has_its_own_message(tmp_path: Path, sound: bytes) -> None:
    messages = []
    for number, (make, _, _) in enumerate(KINDS.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(ModelFileError) as caught:
            check(make(folder, sound), PLENTY, 512)
        messages.append(str(caught.value).replace(str(folder), ""))
    assert len(set(messages)) == len(KINDS) >= 10


def test_no_permission(tmp_path: Path, sound: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rewritten(tmp_path / "secret.gguf", sound)
    path.chmod(0)
    if os.access(path, os.R_OK):
        # Permission bits do not stop this user, so the system's refusal is played.
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelMissingError, match=r"No permission to read .*secret\.gguf"):
        check(path, PLENTY, 512)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(ModelMissingError, match="not an ordinary file"):
        inspect(tmp_path / "pipe.gguf")


def test_too_large_for_memory(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf")
    info = inspect(path)
    needed = info.memory_bytes(512)
    assert needed > info.size_bytes + 512 * info.kv_bytes_per_token
    assert check(path, needed, 512) == info
    with pytest.raises(ModelTooLargeError, match=r"Tiny coder needs about .* smaller model"):
        check(path, needed - 1, 512)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_never_raise_anything_else(data: st.DataObject, sound: bytes, tmp_path: Path) -> None:
    """Random flips and cuts of a sound file: it passes or raises a ModelFileError."""
    damaged = bytearray(sound)
    # Most of the damage goes where the structure is: the header is the first 4 KiB.
    places = st.integers(0, min(len(sound), 4096) - 1) | st.integers(0, len(sound) - 1)
    for at in data.draw(st.lists(places, max_size=6)):
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(0, len(sound)))
    path = rewritten(tmp_path / "fuzz.gguf", bytes(damaged[:cut]))
    try:
        info = check(path, PLENTY, 512)
    except ModelFileError as error:
        assert str(error)
    else:
        assert info.vocabulary_size == 64
