from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

from burnish_cli import main as cli
from burnish_cli import plugins
from burnish_cli.errors import BrokenCommandError, is_expected


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--fail", default="")
@click.option("--status", default=0)
@click.pass_context
def good(context: click.Context, as_json: bool, fail: str, status: int) -> None:
    """Does well."""
    if fail == "expected":
        raise BrokenCommandError("It broke. Mend it.")
    if fail == "bug":
        raise RuntimeError("a bug")
    if fail == "abort":
        raise click.Abort
    click.echo(context.obj["home"])
    context.exit(status)


not_a_command = 3


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    points = (
        EntryPoint("good", f"{__name__}:good", plugins.GROUP),
        EntryPoint("gone", "burnish_no_such_module:x", plugins.GROUP),
        EntryPoint("odd", f"{__name__}:not_a_command", plugins.GROUP),
    )
    monkeypatch.setattr(plugins, "_points", lambda: points)
    monkeypatch.setenv("BURNISH_HOME", str(tmp_path / "home"))
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)
            handler.close()


def test_a_command_gets_the_home_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run(["good"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "home")
    assert (tmp_path / "home" / "logs" / "good.log").exists()
    assert cli.run(["--home", str(tmp_path / "other"), "good"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "other")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["good", "--status", "1"], 1),
        (["good", "--fail", "expected"], 1),
        (["good", "--fail", "abort"], 1),
        (["good", "--no-such-option"], 2),
        (["good", "--status", "x"], 2),
        (["nothing"], 2),
        (["gone"], 1),
        (["odd"], 1),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_exit_status(arguments: list[str], status: int) -> None:
    assert cli.run(arguments) == status


@pytest.mark.parametrize(
    "arguments", [["good", "--fail", "expected", "--json"], ["gone", "--json"], ["x", "--json"]]
)
def test_errors_as_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*arguments, "--json"]) > 0
    captured = capsys.readouterr()
    assert set(json.loads(captured.out)) == {"error"}
    assert "Traceback" not in captured.err


def test_an_error_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["good", "--fail", "expected"])
    captured = capsys.readouterr()
    assert captured.err.strip() == "Error: It broke. Mend it."
    assert captured.out == ""


def test_a_bug_shows_itself() -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        cli.run(["good", "--fail", "bug"])


def test_help_survives_a_broken_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "Does well." in shown
    assert "cannot be loaded" in shown


def test_a_home_that_cannot_be_written_costs_only_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert cli.run(["--home", str(blocked / "below"), "good"]) == 0
    assert "No log file" in capsys.readouterr().err


def test_what_is_expected() -> None:
    from burnish_models.errors import ModelMissingError
    from burnish_server.errors import DocumentError

    assert is_expected(ModelMissingError("x"))
    assert is_expected(DocumentError("x"))
    assert not is_expected(ValueError("x"))
    assert not is_expected(click.UsageError("x"))


def test_the_root_imports_no_other_package() -> None:
    code = "import sys, burnish_cli.main; print({m.partition('.')[0] for m in sys.modules if 'burnish' in m})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "{'burnish_cli'}"
