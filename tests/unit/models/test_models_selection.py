"""Choosing the model that is served, and what happens when a choice vanishes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from gguf_maker import write_model

from burnish_models import selection
from burnish_models.calibration import Calibration, calibration_path
from burnish_models.errors import CatalogError, ModelMissingError, ModelUnsupportedError
from burnish_models.selection import local_models, looks_like_path, resolve_model, select_model


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_nothing_chosen_means_the_bundled_model(home: Path, bundle: Path) -> None:
    found = resolve_model(home)
    assert (found.name, found.title, found.note) == ("burnish-nano", "Burnish Nano", "")
    assert found.path == bundle / "burnish-nano-q8_0.gguf"
    assert found.sha256 is not None
    assert found.calibration_path is None
    assert resolve_model(home, " ") == found
    assert not home.exists()


def test_calibration_lies_next_to_the_model(home: Path, bundle: Path) -> None:
    path = calibration_path(bundle / "burnish-nano-q8_0.gguf")
    Calibration.default().save(path)
    assert resolve_model(home).calibration_path == path


def test_a_file_of_one_s_own(
    home: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_model(tmp_path / "mine.gguf")
    found = select_model(home, str(path))
    assert (found.name, found.path) == ("mine", path)
    assert resolve_model(home) == found
    assert resolve_model(home, "burnish-nano").name == "burnish-nano"
    monkeypatch.chdir(tmp_path)
    assert select_model(home, "./mine.gguf").path == path
    # The choice holds from another folder too.
    monkeypatch.chdir("/")
    assert resolve_model(home).path == path
    assert [item.name for item in (home / "models").iterdir()] == ["selected.json"]


def test_back_to_the_bundled_model(home: Path, bundle: Path, tmp_path: Path) -> None:
    select_model(home, str(write_model(tmp_path / "mine.gguf")))
    select_model(home, "burnish-nano")
    assert resolve_model(home).name == "burnish-nano"


def test_vanished_choice_falls_back_and_says_so(home: Path, bundle: Path, tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine.gguf")
    select_model(home, str(path))
    path.unlink()
    found = resolve_model(home)
    assert found.name == "burnish-nano"
    assert "cannot be served" in found.note
    assert str(path) in found.note


@pytest.mark.parametrize(
    "record", ["", "{", "[]", "{}", '{"model": 5}', '{"model": ""}', '{"model": "gone"}']
)
def test_damaged_record_falls_back_and_says_so(home: Path, bundle: Path, record: str) -> None:
    (home / "models").mkdir(parents=True)
    (home / "models" / "selected.json").write_text(record)
    found = resolve_model(home)
    assert found.name == "burnish-nano"
    assert found.note


def test_name_that_is_not_downloaded(home: Path, bundle: Path) -> None:
    with pytest.raises(CatalogError, match=r"not downloaded yet.*burnish models pull qwen2\.5-coder-0\.5b"):
        resolve_model(home, "qwen2.5-coder-0.5b")
    with pytest.raises(CatalogError, match="no model called 'nano'"):
        resolve_model(home, "nano")


def test_path_without_a_file(home: Path, bundle: Path) -> None:
    with pytest.raises(ModelMissingError, match="no model file at"):
        resolve_model(home, "/nowhere/m.gguf")


def test_unusable_file_is_not_selected(home: Path, bundle: Path, tmp_path: Path) -> None:
    chat = write_model(tmp_path / "chat.gguf", tokens=[f"t{i}" for i in range(64)])
    with pytest.raises(ModelUnsupportedError, match="chat-only"):
        select_model(home, str(chat))
    assert resolve_model(home).name == "burnish-nano"


def test_installed_catalogue_model_is_found(home: Path, bundle: Path) -> None:
    entry = selection.find_entry("qwen2.5-coder-0.5b")
    (home / "models").mkdir(parents=True)
    path = home / "models" / entry.file
    with path.open("wb") as sparse:
        sparse.truncate(entry.size_bytes)
    found = resolve_model(home, entry.name)
    assert (found.path, found.sha256, found.title) == (path, entry.sha256, "Qwen2.5-Coder 0.5B")
    os.truncate(path, 10)
    with pytest.raises(CatalogError, match="not downloaded yet"):
        resolve_model(home, entry.name)


def test_recorded_checksum_counts_only_for_the_recorded_size(
    home: Path, bundle: Path, tmp_path: Path
) -> None:
    path = write_model(tmp_path / "mine.gguf")
    record = path.with_name("mine.gguf.json")
    record.write_text(json.dumps({"sha256": "ab", "size_bytes": path.stat().st_size}))
    assert resolve_model(home, str(path)).sha256 == "ab"
    record.write_text(json.dumps({"sha256": "ab", "size_bytes": 1}))
    assert resolve_model(home, str(path)).sha256 is None


def test_installation_without_its_model(home: Path, bundle: Path) -> None:
    (bundle / "burnish-nano-q8_0.gguf").unlink()
    with pytest.raises(ModelMissingError, match="lacks its bundled model"):
        resolve_model(home)
    with pytest.raises(ModelMissingError):
        resolve_model(home, "burnish-nano")


def test_own_files_in_the_models_folder_are_listed(home: Path, bundle: Path) -> None:
    assert local_models(home) == ()
    (home / "models").mkdir(parents=True)
    for name in ("b.gguf", "a.GGUF", "c.gguf.part", "qwen2.5-coder-0.5b-q8_0.gguf", "d.json"):
        (home / "models" / name).write_bytes(b"")
    assert [path.name for path in local_models(home)] == ["a.GGUF", "b.gguf"]


def test_record_that_cannot_be_written(home: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(selection, "write_atomically", full)
    with pytest.raises(CatalogError, match=r"Cannot write .*selected\.json: No space left"):
        select_model(home, "burnish-nano")


@pytest.mark.parametrize(
    ("choice", "path"),
    [
        ("burnish-nano", False),
        ("m.gguf", True),
        ("./m", True),
        (r"C:\m", True),
        ("~/m", True),
        ("x.GGUF", True),
    ],
)
def test_what_looks_like_a_path(choice: str, path: bool) -> None:
    assert looks_like_path(choice) is path
