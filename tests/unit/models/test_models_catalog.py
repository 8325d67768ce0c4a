"""The catalogue: what it promises, and which model it recommends to whom."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from burnish_models import catalog
from burnish_models.catalog import CatalogEntry, bundled_entry, find_entry, load_catalog, recommended_entry
from burnish_models.errors import CatalogError
from burnish_models.hardware import Gpu, Hardware

SMALL = Hardware("linux", "x86_64", 2, 2, 8 << 30, 4 << 30, ("avx2",))
DESKTOP = Hardware("linux", "x86_64", 8, 16, 32 << 30, 20 << 30, ("avx2",))
GPU = replace(DESKTOP, gpus=(Gpu("RTX", "cuda", 16 << 30, 15 << 30),))


@pytest.fixture
def entries() -> dict[str, CatalogEntry]:
    return {entry.name: entry for entry in load_catalog()}


def test_the_four_base_models_are_there_with_all_that_is_needed(entries: dict[str, CatalogEntry]) -> None:
    assert list(entries) == [f"qwen2.5-coder-{size}" for size in ("0.5b", "1.5b", "3b", "7b")]
    for entry in entries.values():
        assert entry.sha256 is not None
        # Pinned to a revision, so the bytes behind the address cannot change.
        assert re.fullmatch(
            r"https://huggingface\.co/[\w.-]+/[\w.-]+/resolve/[0-9a-f]{40}/[\w.-]+\.gguf", entry.url or ""
        )
        assert 8 < entry.size_bytes * 8 / entry.parameters < 9  # Q8_0 has 8.5 bits a weight
        assert entry.memory_bytes() > entry.size_bytes
        assert not entry.bundled
        assert "instruct" not in entry.file
    assert "non-commercial" in entries["qwen2.5-coder-3b"].licence_note
    assert {entry.licence for entry in entries.values()} == {"Apache-2.0", "Qwen Research License"}


def test_memory_grows_with_the_context(entries: dict[str, CatalogEntry]) -> None:
    entry = entries["qwen2.5-coder-7b"]
    assert entry.memory_bytes(8192) - entry.memory_bytes(4096) == 4096 * 57344


def test_what_suits(entries: dict[str, CatalogEntry]) -> None:
    assert entries["qwen2.5-coder-0.5b"].suits(SMALL).suits
    slow = entries["qwen2.5-coder-1.5b"].suits(SMALL)
    assert (slow.suits, slow.why.startswith("too slow on 2 cores")) == (False, True)
    assert entries["qwen2.5-coder-1.5b"].suits(DESKTOP).suits
    large = entries["qwen2.5-coder-7b"].suits(replace(DESKTOP, memory_available=4 << 30))
    assert (large.suits, large.why) == (False, "needs 8.1 GiB, but 4.0 GiB are free")
    tight = entries["qwen2.5-coder-0.5b"].suits(replace(DESKTOP, memory_available=1 << 30))
    assert (tight.suits, "leaves too little" in tight.why) == (False, True)
    on_gpu = entries["qwen2.5-coder-7b"].suits(GPU)
    assert (on_gpu.suits, "RTX" in on_gpu.why) == (True, True)
    old = replace(DESKTOP, cpu_flags=("avx",))
    assert not entries["qwen2.5-coder-1.5b"].suits(old).suits


def test_recommendation_is_the_largest_that_may_be_used_for_anything(
    entries: dict[str, CatalogEntry],
) -> None:
    among = list(entries.values())

    def best(hardware: Hardware) -> str | None:
        found = recommended_entry(hardware, among)
        return None if found is None else found.name

    assert best(SMALL) == "qwen2.5-coder-0.5b"
    assert best(DESKTOP) == "qwen2.5-coder-1.5b"
    assert best(GPU) == "qwen2.5-coder-7b"
    # The 3B model would fit, but its licence does not allow every use.
    assert best(replace(GPU, gpus=(Gpu("small", "cuda", 6 << 30, 5 << 30),))) == "qwen2.5-coder-1.5b"
    assert best(replace(SMALL, memory_available=1 << 20)) is None


def test_find(entries: dict[str, CatalogEntry]) -> None:
    assert find_entry("Qwen2.5-Coder-7B") == entries["qwen2.5-coder-7b"]
    with pytest.raises(CatalogError, match=r"Did you mean qwen2\.5-coder-7b\?.*its path"):
        find_entry("qwen-coder-7b")


def test_bundled_model_comes_from_its_manifest(tmp_path: Path) -> None:
    assert bundled_entry(tmp_path) is None
    manifest = {
        "title": "Burnish Nano",
        "file": "burnish-nano-q8_0.gguf",
        "size_bytes": 7_000_000,
        "sha256": "a" * 64,
        "licence": "Apache-2.0",
        "parameters": 6_800_000,
        "quantization": "Q8_0",
        "context_length": 2048,
        "vocabulary_size": 8192,
        "embedding_length": 256,
        "kv_bytes_per_token": 6144,
        "trained_tokens": 50_000_000,
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    entry = bundled_entry(tmp_path)
    assert entry is not None
    assert (entry.name, entry.bundled, entry.title) == ("burnish-nano", True, "Burnish Nano")
    assert entry.suits(replace(SMALL, memory_available=200 << 20)).suits
    for broken in ("{", "[]", json.dumps({**manifest, "file": "../x.gguf"}), json.dumps({"file": "a.gguf"})):
        (tmp_path / "manifest.json").write_text(broken)
        with pytest.raises(CatalogError):
            bundled_entry(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../evil"},
        {"file": "../evil.gguf"},
        {"file": "sub/evil.gguf"},
        {"file": "evil.exe"},
        {"sha256": "abc"},
        {"size_bytes": 0},
        {"size_bytes": "many"},
    ],
)
def test_bad_entries_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    document = json.loads(catalog._CATALOG.read_text())
    document["models"][0].update(change)
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(document))
    with pytest.raises(CatalogError):
        load_catalog(path)


def test_entries_are_fetched_encrypted(entries: dict[str, CatalogEntry]) -> None:
    with pytest.raises(CatalogError, match="not fetched over https"):
        replace(entries["qwen2.5-coder-7b"], url="http://huggingface.co/x")


def test_bad_catalogues_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    document = json.loads(catalog._CATALOG.read_text())
    twice = {**document, "models": [document["models"][0]] * 2}
    for text in ("", "[]", json.dumps({"format": 2, "models": []}), '{"format": 1}', json.dumps(twice)):
        path.write_text(text)
        with pytest.raises(CatalogError):
            load_catalog(path)
    with pytest.raises(CatalogError, match="Install Burnish again"):
        load_catalog(tmp_path / "none.json")
