from __future__ import annotations

import os
from pathlib import Path

import llama_cpp.llama_cpp as lib
import pytest

from burnish_models.engine.loaded_adapters import LoadedAdapters


@pytest.fixture
def native(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What llama.cpp, which does not tell what it has loaded, is asked to do."""
    asked: list[str] = []

    def init(_model: object, path: bytes) -> str:
        name = Path(path.decode()).name
        asked.append(f"load {name}")
        return "" if name == "bad" else name

    monkeypatch.setattr(lib, "llama_adapter_lora_init", init)
    monkeypatch.setattr(lib, "llama_adapter_lora_free", lambda handle: asked.append(f"free {handle}"))
    return asked


def serve(adapters: LoadedAdapters, path: Path) -> None:
    assert adapters.get(path) == path.name
    adapters.free_spare(serving=True)


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_bytes(b"weights")
    return [folder / name for name in names]


def test_the_one_before_stays_and_older_ones_go(native: list[str], tmp_path: Path) -> None:
    adapters = LoadedAdapters(object())
    first, second, third = files(tmp_path, "first", "second", "third")
    for path in (first, second, first, second):
        serve(adapters, path)
    assert native == ["load first", "load second"]
    serve(adapters, third)
    assert native[2:] == ["load third", "free first"]
    serve(adapters, second)
    assert len(native) == 4


def test_a_file_that_changed_is_loaded_again(native: list[str], tmp_path: Path) -> None:
    adapters = LoadedAdapters(object())
    (path,) = files(tmp_path, "first")
    serve(adapters, path)
    os.utime(path, ns=(1, 1))
    serve(adapters, path)
    assert native == ["load first", "load first"]


def test_what_was_erased_goes_unless_it_serves(native: list[str], tmp_path: Path) -> None:
    adapters = LoadedAdapters(object())
    first, second = files(tmp_path, "first", "second")
    serve(adapters, first)
    adapters.get(second)
    first.unlink()
    second.unlink()
    adapters.free_spare(serving=True)
    assert native[2:] == ["free first"]
    adapters.free_spare(serving=False)
    assert native[3:] == ["free second"]


def test_a_refused_file_changes_nothing(native: list[str], tmp_path: Path) -> None:
    adapters = LoadedAdapters(object())
    first, bad = files(tmp_path, "first", "bad")
    serve(adapters, first)
    assert not adapters.get(bad)
    with pytest.raises(FileNotFoundError):
        adapters.get(tmp_path / "none")
    serve(adapters, first)
    assert native == ["load first", "load bad"]
