from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from burnish_models.engine.base import EngineInfo
from burnish_models.errors import EngineCrashedError
from burnish_server import workspace_feed
from burnish_server.workspace_feed import WorkspaceFeed, python_files


class Engine:
    """Takes files, and now and then dies."""

    def __init__(self) -> None:
        self.pid = "1"
        self.files: dict[str, dict[str, str | None]] = {}
        self.failures = 0

    def describe(self) -> EngineInfo:
        return EngineInfo("m", None, "", 0, 0, 0, 0, "", "", "ready", extra={"pid": self.pid})

    async def remember(self, workspace: str, files: Mapping[str, str | None]) -> int:
        if self.failures:
            self.failures -= 1
            raise EngineCrashedError("gone")
        self.files.setdefault(workspace, {}).update(files)
        return 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_feed, "_LOOK", 0.01)
    monkeypatch.setattr(workspace_feed, "SETTLE", 0.02)
    monkeypatch.setattr(workspace_feed, "PAUSE", 0.0)


def make(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


async def until(condition: object) -> None:
    for _ in range(500):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


def test_only_the_projects_own_sources_are_taken(tmp_path: Path) -> None:
    make(tmp_path, a_py="1", pkg__b_py="2", node_modules__c_py="3", pkg__secrets_py="4", empty_py="")
    make(tmp_path / ".git", d_py="5")
    make(tmp_path / "anyname", e_py="6")
    (tmp_path / "anyname" / "pyvenv.cfg").write_text("")
    (tmp_path / "big.py").write_text("x" * (workspace_feed.LARGEST_FILE + 1))
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    (tmp_path / "notes.txt").write_text("no")
    assert {path.name for path in python_files(tmp_path)} == {"a.py", "b.py"}


def test_a_large_project_keeps_what_changed_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_feed, "LARGEST_WORKSPACE", 10)
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / f"{name}.py").write_text("12345")
        os.utime(tmp_path / f"{name}.py", (1000 - age, 1000 - age))
    assert [path.name for path in python_files(tmp_path)] == ["middle.py", "new.py"]


async def test_files_edits_and_deletions_are_fed_and_a_new_worker_gets_all_again(tmp_path: Path) -> None:
    make(tmp_path, a_py="first\r\n", b_py="\ufeffsecond")
    engine = Engine()
    feed = WorkspaceFeed(lambda: engine)  # type: ignore[arg-type,return-value]
    engine.failures = 1
    feed.start([tmp_path])
    name = str(tmp_path)
    assert feed.workspace == name
    a, b = str(tmp_path / "a.py"), str(tmp_path / "b.py")
    await until(lambda: engine.files.get(name) == {a: "first\n", b: "second"})
    feed.changed((tmp_path / "a.py").as_uri(), "edited\r\n")
    await until(lambda: engine.files[name][a] == "edited\n")
    (tmp_path / "b.py").unlink()
    feed.changed_on_disk((tmp_path / "b.py").as_uri())
    await until(lambda: engine.files[name][b] is None)
    engine.files.clear()
    engine.pid = "2"
    await until(lambda: engine.files.get(name) == {a: "first\n"})
    feed.stop()
    assert feed.workspace == ""


async def test_nothing_from_outside_of_the_workspace_is_fed(tmp_path: Path) -> None:
    make(tmp_path, own__a_py="a", other__b_py="b", own__secrets_py="c")
    engine = Engine()
    feed = WorkspaceFeed(lambda: engine)  # type: ignore[arg-type,return-value]
    feed.start([tmp_path / "own"])
    for uri in (
        (tmp_path / "other" / "b.py").as_uri(),
        "untitled:x.py",
        (tmp_path / "own/secrets.py").as_uri(),
    ):
        feed.changed(uri, "text")
    await until(lambda: engine.files)
    await asyncio.sleep(0.1)
    assert engine.files == {str(tmp_path / "own"): {str(tmp_path / "own" / "a.py"): "a"}}
    feed.stop()


async def test_no_folder_means_no_memory() -> None:
    feed = WorkspaceFeed(lambda: None)
    feed.start([])
    feed.changed("file:///x.py", "text")
    assert feed.workspace == ""
    feed.stop()
