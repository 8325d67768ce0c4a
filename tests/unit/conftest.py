"""What tests of the command line share: a folder to work in, and the command run in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from burnish_cli import main as cli

#: Runs ``burnish`` with arguments: its exit status, and what it says on stdout and stderr.
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command, in an empty folder and with a state folder beside it."""
    monkeypatch.setenv("BURNISH_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")

    def call(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def put(name: str, text: str) -> Path:
    """A file with this very text, its folders with it."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path
