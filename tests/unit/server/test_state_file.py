from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from burnish_server.state_file import forget_server, read_server, write_server


def test_written_read_and_forgotten(tmp_path: Path) -> None:
    written = write_server(tmp_path / "home", "127.0.0.1", 4711)
    assert read_server(tmp_path / "home") == written
    assert written.pid == os.getpid()
    forget_server(tmp_path / "home")
    assert read_server(tmp_path / "home") is None
    forget_server(tmp_path / "home")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    write_server(tmp_path, "127.0.0.1", 4711)
    assert (tmp_path / "server.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"host": "h"}', '{"host": "h", "port": "x", "pid": 1, "created": 1}', "null"],
)
def test_a_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.json").write_text(content)
    assert read_server(tmp_path) is None


def test_a_dead_or_recycled_process_is_none(tmp_path: Path) -> None:
    written = write_server(tmp_path, "127.0.0.1", 4711)
    record = {"host": "127.0.0.1", "port": 1, "pid": os.getpid(), "created": written.created - 100}
    (tmp_path / "server.json").write_text(json.dumps(record))
    assert read_server(tmp_path) is None
