"""The ``burnish models`` commands: their JSON, their messages and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from gguf_maker import write_model
from loopback_hub import serving

from burnish_models import commands
from burnish_models.catalog import CatalogEntry
from burnish_models.commands import models


@pytest.fixture
def home(tmp_path: Path, bundle: Path) -> Path:
    return tmp_path / "home"


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(models, arguments, obj={"home": home})


def document(result: Result, code: int = 0) -> Any:
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_list(home: Path) -> None:
    listing = document(run(home, "list", "--json"))
    assert listing["selected"] == "burnish-nano"
    assert listing["note"] == ""
    names = [row["name"] for row in listing["models"]]
    assert names == ["burnish-nano", *(f"qwen2.5-coder-{size}" for size in ("0.5b", "1.5b", "3b", "7b"))]
    first = listing["models"][0]
    assert (first["installed"], first["selected"], first["bundled"]) == (True, True, True)
    assert sum(row["recommended"] for row in listing["models"]) <= 1
    assert all(isinstance(row["why"], str) and row["why"] for row in listing["models"])
    assert listing["hardware"]["physical_cores"] >= 1


def test_list_for_people(home: Path) -> None:
    result = run(home, "list")
    assert result.exit_code == 0
    assert "burnish-nano" in result.stdout
    assert "qwen2.5-coder-7b" in result.stdout


def test_list_shows_a_selected_file(home: Path, tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine.gguf")
    assert document(run(home, "use", str(path), "--json"))["path"] == str(path)
    listing = document(run(home, "list", "--json"))
    assert [row["path"] for row in listing["models"] if row["selected"]] == [str(path)]
    path.unlink()
    listing = document(run(home, "list", "--json"))
    assert listing["selected"] == "burnish-nano"
    assert str(path) in listing["note"]


def test_list_works_without_the_bundled_model(home: Path, bundle: Path) -> None:
    for file in bundle.iterdir():
        file.unlink()
    listing = document(run(home, "list", "--json"))
    assert listing["selected"] is None
    assert "lacks its bundled model" in listing["note"]


def test_info_of_a_file(home: Path, tmp_path: Path) -> None:
    path = write_model(tmp_path / "mine.gguf")
    found = document(run(home, "info", str(path), "--json", "--context", "512"))
    assert (found["architecture"], found["fim_family"], found["licence"]) == (
        "qwen2",
        "qwen2.5-coder",
        "apache-2.0",
    )
    assert (found["memory_context_tokens"], found["calibrated"]) == (512, False)
    assert len(found["sha256"]) == 64
    text = run(home, "info", str(path)).stdout
    assert "fim family" in text
    assert "qwen2.5-coder" in text


def test_info_without_a_model_shows_the_one_in_use(home: Path) -> None:
    assert document(run(home, "info", "--json"))["name"] == "burnish-nano"


def test_info_of_a_model_that_is_not_here(home: Path) -> None:
    found = document(run(home, "info", "qwen2.5-coder-3b", "--json"))
    assert (found["installed"], found["licence"]) == (False, "Qwen Research License")
    assert "non-commercial" in found["licence_note"]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["info", "nothing-like-it"], "CatalogError", "no model called"),
        (["info", "/nowhere/m.gguf"], "ModelMissingError", "no model file"),
        (["use", "qwen2.5-coder-7b"], "CatalogError", "burnish models pull qwen2.5-coder-7b"),
        (["pull", "nothing-like-it"], "CatalogError", "Known models"),
    ],
)
def test_refusals(home: Path, arguments: list[str], kind: str, message: str) -> None:
    result = run(home, *arguments, "--json")
    error = document(result, code=1)["error"]
    assert error["type"] == kind
    assert message in error["message"]
    assert f"Error: {error['message']}" in result.stderr
    plain = run(home, *arguments)
    assert (plain.exit_code, plain.stdout) == (1, "")
    assert message in plain.stderr


def test_usage_errors(home: Path) -> None:
    assert run(home, "pull").exit_code == 2
    assert run(home, "info", "--context", "1").exit_code == 2
    result = CliRunner().invoke(models, ["list"])
    assert (result.exit_code, "No home folder" in result.stderr) == (2, True)


def test_home_is_found_through_a_root_command(home: Path) -> None:
    @click.group()
    @click.pass_context
    def root(context: click.Context) -> None:
        context.obj = {"home": home}

    root.add_command(models)
    result = CliRunner().invoke(root, ["models", "info", "--json"])
    assert document(result)["name"] == "burnish-nano"


def test_pull(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    content = write_model(tmp_path / "hub.gguf").read_bytes()
    with serving(content) as hub:
        entry = hub.entry(licence_note="Only on Sundays.", homepage="https://hub.example/tiny")
        offer(monkeypatch, entry)
        result = run(home, "pull", "tiny", "--json", "--use")
        pulled = document(result)
        assert (pulled["verified_by"], pulled["fetched_bytes"], pulled["selected"]) == (
            "catalogue",
            len(content),
            True,
        )
        assert Path(pulled["path"]).read_bytes() == content
        assert "Only on Sundays. See https://hub.example/tiny" in result.stderr
        again = run(home, "pull", "tiny")
        assert (again.exit_code, "burnish models use tiny" in again.stdout) == (0, True)
    assert document(run(home, "info", "--json"))["name"] == "tiny"


def test_pull_that_is_interrupted_from_the_keyboard(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "pull", interrupted)
    result = run(home, "pull", "qwen2.5-coder-0.5b", "--json")
    assert document(result, code=1)["error"]["type"] == "DownloadCancelledError"


def offer(monkeypatch: pytest.MonkeyPatch, entry: CatalogEntry) -> None:
    """Put ``entry`` into the catalogue."""
    from burnish_models import catalog

    monkeypatch.setattr(catalog, "_shipped_catalog", lambda: (entry,))
