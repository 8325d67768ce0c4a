"""Reading a workspace: only what changed, kept on disk, safe against damage and a second window."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.graph import worker
from burnish_analysis.graph.extract import extract
from burnish_analysis.graph.model import from_rows
from burnish_analysis.graph.store import GraphStore, Record, store_path
from burnish_analysis.graph.worker import GraphReader


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        (root / f"{name}.py").write_bytes(text.encode())


def read(root: Path, store: Path, *operations: dict[str, Any]) -> list[dict[str, Any]]:
    """What a window that starts now is told, without the ends of operations."""
    out = io.StringIO()
    keeping = GraphStore(store)
    reader = GraphReader(root, keeping, out)
    for operation in operations:
        reader.handle(operation)
    keeping.close()
    return [answer for line in out.getvalue().splitlines() if "done" not in (answer := json.loads(line))]


def everything(root: Path) -> dict[str, Any]:
    return {"op": "all", "paths": sorted(path.name for path in root.glob("*.py"))}


def names(answer: dict[str, Any]) -> list[str]:
    return [symbol.name for symbol in from_rows(answer["graph"]).symbols]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed."""
    texts: list[str] = []

    def counted(tree: Any, before: Any = None) -> Any:
        texts.append(tree.text)
        return extract(tree, before)

    monkeypatch.setattr(worker, "extract", counted)
    return texts


def test_only_changed_content_is_parsed_again(tmp_path: Path, parsed: list[str]) -> None:
    store = tmp_path / "state" / "graph.sqlite3"
    write(tmp_path, a="x = 1\n", b="y = 2\n", c="z = 3\n")
    first = read(tmp_path, store, everything(tmp_path))
    assert [names(answer) for answer in first] == [["x"], ["y"], ["z"]]
    parsed.clear()
    os.utime(tmp_path / "a.py", ns=(1, 1))
    write(tmp_path, b="changed = 2\n")
    (tmp_path / "c.py").unlink()
    again = read(tmp_path, store, everything(tmp_path))
    assert [(answer["path"], names(answer)) for answer in again] == [("a.py", ["x"]), ("b.py", ["changed"])]
    assert parsed == ["changed = 2\n"]
    assert sorted(GraphStore(store).load()) == ["a.py", "b.py"]


def test_one_file_changes_comes_and_goes(tmp_path: Path) -> None:
    store = tmp_path / "graph.sqlite3"
    write(tmp_path, a="x = 1\n")
    file = {"op": "file", "path": "a.py"}
    assert names(read(tmp_path, store, everything(tmp_path), file)[-1]) == ["x"]
    (tmp_path / "a.py").unlink()
    assert read(tmp_path, store, file) == [{"path": "a.py", "open": False, "graph": None}]
    assert GraphStore(store).load() == {}


def test_an_open_document_keeps_what_it_showed_before_it_was_half_written(tmp_path: Path) -> None:
    write(tmp_path, a="def first(a): return a\n")
    texts = [
        "def first(a return a\ndef second(b): return b\n",
        "def first(a return a\ndef second(b return b\n",
    ]
    operations = [{"op": "text", "path": "a.py", "text": text} for text in texts]
    answers = read(tmp_path, tmp_path / "s", everything(tmp_path), *operations)
    assert [answer["open"] for answer in answers] == [False, True, True]
    assert set(names(answers[-1])) == {"first", "second"}


@pytest.mark.parametrize("content", [b"", b"not a database, " * 100, b"SQLite format 3\x00" + b"\x07" * 4000])
def test_a_damaged_store_is_built_again(tmp_path: Path, content: bytes) -> None:
    store = tmp_path / "graph.sqlite3"
    store.write_bytes(content)
    write(tmp_path, a="x = 1\n")
    assert names(read(tmp_path, store, everything(tmp_path))[0]) == ["x"]
    assert list(GraphStore(store).load()) == ["a.py"]


def test_damaged_pages_and_records_are_read_anew(tmp_path: Path) -> None:
    store = tmp_path / "graph.sqlite3"
    write(tmp_path, **{f"m{i}": f"x{i} = 1\n" for i in range(200)})
    read(tmp_path, store, everything(tmp_path))
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE files SET graph = '[[' WHERE path = 'm1.py'")
    connection.close()
    assert len(read(tmp_path, store, everything(tmp_path))) == 200
    data = bytearray(store.read_bytes())
    data[4096 : len(data) - 100] = os.urandom(len(data) - 4196)
    store.write_bytes(bytes(data))
    answers = read(tmp_path, store, everything(tmp_path))
    assert sorted(names(answer)[0] for answer in answers) == sorted(f"x{i}" for i in range(200))
    assert len(GraphStore(store).load()) == 200


def test_a_store_of_another_version_is_left_behind(tmp_path: Path) -> None:
    store = tmp_path / "graph.sqlite3"
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE files (other TEXT)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    write(tmp_path, a="x = 1\n")
    assert len(read(tmp_path, store, everything(tmp_path))) == 1
    assert list(GraphStore(store).load()) == ["a.py"]


def test_where_nothing_can_be_kept_everything_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    write(tmp_path, a="x = 1\n")
    assert len(read(tmp_path, tmp_path / "file" / "graph.sqlite3", everything(tmp_path))) == 1


def test_two_windows_write_in_turn(tmp_path: Path) -> None:
    one, two = GraphStore(tmp_path / "s"), GraphStore(tmp_path / "s")
    for number in range(20):
        one.put([(f"a{number}.py", Record(1, 1, b"", "[[],[],{}]"))])
        two.put([(f"b{number}.py", Record(1, 1, b"", "[[],[],{}]"))])
    assert len(one.load()) == len(two.load()) == 40


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, a="x = 1\n", big="#" * (worker.LARGEST_FILE + 1))
    (tmp_path / "latin.py").write_bytes(b"name = '\xe9'\n")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    operation = {"op": "all", "paths": ["a.py", "big.py", "gone.py", "latin.py", "link.py", "odd\udce9.py"]}
    answers = read(tmp_path, tmp_path / "s", operation)
    assert [answer["path"] for answer in answers] == ["a.py", "latin.py"]


def test_the_store_is_private_and_named_by_folder(tmp_path: Path) -> None:
    one, two = store_path(tmp_path, Path("/a")), store_path(tmp_path, Path("/b"))
    assert one != two and one.parent == tmp_path / "cache" / "graph"
    GraphStore(one).close()
    assert one.stat().st_mode & 0o077 == 0


def test_as_a_process(tmp_path: Path) -> None:
    write(tmp_path, a="x = 1\n")
    lines = [everything(tmp_path), {"op": "text", "path": "b.py", "text": "y = '\ud83d'\n"}]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "burnish_analysis.graph.worker", str(tmp_path), str(tmp_path / "s")],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("path", answer.get("done")) for answer in answers] == ["a.py", "all", "b.py", "text"]
