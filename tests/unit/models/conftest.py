"""A package with a tiny bundled model, for tests of choosing and of the commands."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from gguf_maker import write_model

from burnish_models import catalog, paths, selection
from burnish_models.catalog import bundled_entry
from burnish_models.gguf_file import inspect


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled folder of an installation, with a model and its manifest in it."""
    folder = tmp_path / "bundled"
    folder.mkdir()
    path = write_model(folder / "burnish-nano-q8_0.gguf", name="Burnish Nano")
    info = inspect(path)
    manifest = {
        "title": "Burnish Nano",
        "file": path.name,
        "size_bytes": info.size_bytes,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
        "parameters": info.parameters,
        "quantization": info.quantization,
        "context_length": info.context_length,
        "vocabulary_size": info.vocabulary_size,
        "embedding_length": info.embedding_length,
        "kv_bytes_per_token": info.kv_bytes_per_token,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(paths, "BUNDLED", folder)
    monkeypatch.setattr(selection, "BUNDLED", folder)
    monkeypatch.setattr(catalog, "bundled_entry", lambda: bundled_entry(folder))
    monkeypatch.setattr(selection, "bundled_entry", lambda: bundled_entry(folder))
    return folder
