"""Files on disk: which are found, how they are read, and that writing changes nothing else and loses nothing."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from burnish_analysis.errors import FileError
from burnish_analysis.perf import files
from burnish_analysis.perf.files import find_files, read_source, write_source


def put(path: Path, data: bytes = b"x = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def names(root: Path, found: list[Path]) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found]


def test_folders_are_walked_and_what_is_not_the_projects_own_is_not(tmp_path: Path) -> None:
    for name in ("b.py", "a/c.py", "a/gui.pyw", "a/text.txt", "a/stub.pyi", "a/note.ipynb"):
        put(tmp_path / name)
    for name in (
        ".git/x.py",
        ".hidden.py",
        "node_modules/x.py",
        "a/__pycache__/x.py",
        "env/x.py",
        "lib/site-packages/x.py",
    ):
        put(tmp_path / name)
    put(tmp_path / "env/pyvenv.cfg")
    (tmp_path / "folder.py").mkdir()
    found, problems = find_files([tmp_path])
    assert names(tmp_path, found) == ["b.py", "a/c.py", "a/gui.pyw"]
    assert not problems


def test_what_is_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    script, hidden = put(tmp_path / "script"), put(tmp_path / ".hidden.py")
    inside = put(tmp_path / "node_modules/x.py")
    found, problems = find_files([script, hidden, inside.parent])
    assert found == [script, hidden, inside]
    assert not problems


def test_notebooks_large_and_missing_files_are_named(tmp_path: Path) -> None:
    notebook = put(tmp_path / "a.ipynb")
    large = put(tmp_path / "large.py", b"#" * (files.MOST_BYTES + 1))
    found, problems = find_files([notebook, large, tmp_path / "gone.py"])
    assert not found
    assert [problem.harmless for problem in problems] == [True, True, False]
    assert [Path(problem.path).name for problem in problems] == ["a.ipynb", "large.py", "gone.py"]
    assert all(problem.path in problem.sentence for problem in problems)


def test_symbolic_links_lead_nowhere_twice_and_never_round(tmp_path: Path) -> None:
    first = put(tmp_path / "pkg/a.py")
    (tmp_path / "pkg/again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "pkg/b.py").symlink_to(first)
    (tmp_path / "pkg/round.py").symlink_to("round.py")
    (tmp_path / "pkg/nowhere.py").symlink_to("gone")
    found, problems = find_files([tmp_path, first])
    assert found == [first]
    assert sorted(Path(problem.path).name for problem in problems) == ["nowhere.py", "round.py"]


def test_excluded_files_and_folders_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / "gen/a.py"), put(tmp_path / "b.py"), put(tmp_path / "c.py")
    found, problems = find_files(
        [tmp_path, tmp_path / "c.py"], excluded=lambda path: path.name in ("gen", "c.py")
    )
    assert names(tmp_path, found) == ["b.py"]
    assert len(problems) == 1 and problems[0].harmless


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    put(tmp_path / "closed/a.py").parent.chmod(0)
    try:
        _, problems = find_files([tmp_path])
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert "closed" in problems[0].sentence and not problems[0].harmless


@pytest.mark.parametrize(
    "data",
    [
        b"x = 1\n",
        b"",
        b"x = 1",
        b"\xef\xbb\xbfx = '\xc3\xa9'\r\ny = 2\r\n",
        b"# coding: latin-1\nx = '\xe9'\n",
        b"#!/usr/bin/python\n# -*- coding: cp1251 -*-\nx = '\xcf'\r\n",
        b"x = 1\ry = 2\r\n\x0cz = 3\n",
        "# coding: utf-8\nx = '\U0001d11e'\n".encode(),
    ],
)
def test_reading_and_writing_gives_the_same_bytes(tmp_path: Path, data: bytes) -> None:
    path = put(tmp_path / "a.py", data)
    file = read_source(path)
    assert file.encoded(file.text) == data
    write_source(file, file.text + "# more")
    assert path.read_bytes() == data + b"# more"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x = '\xe9'\n", "cannot be decoded"),
        (b"# coding: klingon\n", "unknown encoding"),
        (b"# coding: rot13\n", "cannot be decoded"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem"),
        (b"\n\n\nx = 1\nx = '\xff'\n", "cannot be decoded"),
    ],
)
def test_what_cannot_be_decoded_is_said(tmp_path: Path, data: bytes, words: str) -> None:
    path = put(tmp_path / "a.py", data)
    with pytest.raises(FileError, match=words) as caught:
        read_source(path)
    assert str(path) in str(caught.value)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(FileError, match="regular"):
        read_source(tmp_path / "pipe.py")


def test_an_encoding_that_cannot_hold_the_change_refuses(tmp_path: Path) -> None:
    path = put(tmp_path / "a.py", b"# coding: ascii\nx = 1\n")
    with pytest.raises(FileError, match="cannot hold"):
        write_source(read_source(path), "é = 1\n")
    assert path.read_bytes() == b"# coding: ascii\nx = 1\n"


def test_writing_keeps_the_mode_and_follows_links(tmp_path: Path) -> None:
    path = put(tmp_path / "real/a.py")
    path.chmod(0o750)
    link = tmp_path / "link.py"
    link.symlink_to(path)
    write_source(read_source(link), "y = 2\n")
    assert link.is_symlink() and path.read_text() == "y = 2\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert listed(path.parent) == ["a.py"]


def test_what_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = put(tmp_path / "a.py")
    file = read_source(path)
    path.write_bytes(b"mine = 1\n")
    with pytest.raises(FileError, match="changed meanwhile"):
        write_source(file, "y = 2\n")
    assert path.read_bytes() == b"mine = 1\n" and listed(tmp_path) == ["a.py"]


def test_what_is_gone_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    path = put(tmp_path / "a.py")
    file = read_source(path)
    path.unlink()
    with pytest.raises(FileError, match="cannot be written"):
        write_source(file, "y = 2\n")
    assert listed(tmp_path) == []


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "a.py")
    file = read_source(path)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(FileError, match="No space left"):
        write_source(file, "y = 2\n")
    assert path.read_bytes() == b"x = 1\n" and listed(tmp_path) == ["a.py"]


def test_a_read_only_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "a.py")
    monkeypatch.setattr(files.os, "access", lambda *_: False)
    with pytest.raises(FileError, match="read-only"):
        write_source(read_source(path), "y = 2\n")
    assert path.read_bytes() == b"x = 1\n"
