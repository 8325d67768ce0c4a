from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from burnish_models.engine.base import Engine, EngineInfo
from burnish_models.errors import EngineCrashedError
from burnish_server import workspace_feed
from burnish_server.excluded import ExcludedFiles
from burnish_server.workspace_feed import LARGEST_FILE, WorkspaceFeed, python_files


class Remembering:
    """Keeps what it is given, as the worker does, and loses it with the worker."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, str]] = {}
        self.pid = "1"
        self.crashes = 0

    def describe(self) -> EngineInfo:
        return EngineInfo("m", None, "", 0, 0, 1, 0, "", "test", "ready", extra={"pid": self.pid})

    async def remember(self, workspace: str, files: Mapping[str, str | None]) -> int:
        if self.crashes:
            self.crashes -= 1
            raise EngineCrashedError("gone")
        held = self.held.setdefault(workspace, {})
        for name, text in files.items():
            held.pop(name, None)
            if text is not None:
                held[name] = text
        return len(held)


@pytest.fixture
def engine() -> Remembering:
    return Remembering()


@pytest.fixture
def excluded() -> ExcludedFiles:
    return ExcludedFiles()


@pytest_asyncio.fixture
async def feed(
    engine: Remembering, excluded: ExcludedFiles, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WorkspaceFeed]:
    for name, value in (("_LOOK", 0.01), ("SETTLE", 0.05), ("PAUSE", 0.0)):
        monkeypatch.setattr(workspace_feed, name, value)
    made = WorkspaceFeed(lambda: cast(Engine, engine), excluded)
    yield made
    made.stop()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within three seconds")


def write(root: Path, name: str, text: str = "x = 1\n") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_only_the_users_own_python_files_are_found(tmp_path: Path) -> None:
    wanted = [write(tmp_path, "pkg/a.py"), write(tmp_path, "b.pyi")]
    for name in (
        ".env",
        "notes.txt",
        ".hidden/a.py",
        "node_modules/a.py",
        "my-environment/lib/a.py",
        "pkg/secrets.py",
        "pkg/__pycache__/a.py",
        "x.egg-info/a.py",
    ):
        write(tmp_path, name)
    write(tmp_path, "my-environment/pyvenv.cfg")
    write(tmp_path, "big.py", "#" * (LARGEST_FILE + 1))
    (tmp_path / "link.py").symlink_to(wanted[0])
    assert sorted(python_files(tmp_path)) == sorted(wanted)


def test_of_a_very_large_workspace_the_files_changed_last_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for age, name in enumerate(["new.py", "middle.py", "old.py"]):
        os.utime(write(tmp_path, name, "#" * 10), (1_000_000 - age, 1_000_000 - age))
    monkeypatch.setattr(workspace_feed, "LARGEST_WORKSPACE", 20)
    assert [path.name for path in python_files(tmp_path)] == ["middle.py", "new.py"]


async def test_the_workspace_is_fed_and_kept_fresh(
    feed: WorkspaceFeed, engine: Remembering, tmp_path: Path
) -> None:
    path = write(tmp_path, "a b.py", "\ufeffx = 1\r\ny = 2\r\n")
    write(tmp_path, "latin.py", "").write_bytes(b"x = '\xe9'")
    feed.start([tmp_path])
    await until(lambda: engine.held.get(feed.workspace) == {str(path): "x = 1\ny = 2\n"})
    feed.changed(path.as_uri(), "x = 3\r\n")
    await until(lambda: engine.held[feed.workspace] == {str(path): "x = 3\n"})
    feed.changed_on_disk(path.as_uri())
    await until(lambda: engine.held[feed.workspace] == {str(path): "x = 1\ny = 2\n"})
    path.unlink()
    feed.changed_on_disk(path.as_uri())
    await until(lambda: engine.held[feed.workspace] == {})


async def test_what_lies_outside_of_the_workspace_is_never_remembered(
    feed: WorkspaceFeed, engine: Remembering, tmp_path: Path
) -> None:
    inside = write(tmp_path, "one/a.py")
    outside = write(tmp_path, "two/a.py")
    feed.start([tmp_path / "one"])
    hidden = (tmp_path / "one" / ".venv" / "b.py").as_uri()
    for uri in (outside.as_uri(), "untitled:Untitled-1", hidden):
        feed.changed(uri, "sauce = 1\n")
    feed.changed(inside.as_uri(), "x = 2\n")
    await until(lambda: engine.held == {feed.workspace: {str(inside): "x = 2\n"}})


async def test_a_worker_started_anew_is_given_everything_again(
    feed: WorkspaceFeed, engine: Remembering, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.py")
    engine.crashes = 1
    feed.start([tmp_path])
    await until(lambda: engine.held.get(feed.workspace))
    engine.held, engine.pid = {}, "2"
    await until(lambda: engine.held.get(feed.workspace) == {str(path): "x = 1\n"})


async def test_switched_off_no_memory_is_named_and_nothing_more_is_sent(
    feed: WorkspaceFeed, engine: Remembering, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.py")
    feed.start([tmp_path])
    name = feed.workspace
    await until(lambda: engine.held.get(name))
    feed.start([])
    feed.changed(path.as_uri(), "x = 2\n")
    await asyncio.sleep(0.2)
    assert feed.workspace == ""
    assert engine.held[name] == {str(path): "x = 1\n"}


async def test_excluded_files_are_never_given(
    feed: WorkspaceFeed, engine: Remembering, excluded: ExcludedFiles, tmp_path: Path
) -> None:
    open_file, hidden = write(tmp_path, "a.py"), write(tmp_path, "keys/b.py", "sauce = 1\n")
    excluded.put(None, ["keys"], [tmp_path])
    feed.start([tmp_path])
    feed.changed(hidden.as_uri(), "sauce = 2\n")
    feed.changed(open_file.as_uri(), "x = 2\n")
    await until(lambda: engine.held == {feed.workspace: {str(open_file): "x = 2\n"}})


async def test_what_is_excluded_later_is_forgotten_and_comes_back_when_it_is_not(
    feed: WorkspaceFeed, engine: Remembering, excluded: ExcludedFiles, tmp_path: Path
) -> None:
    open_file, hidden = write(tmp_path, "a.py"), write(tmp_path, "b.py", "sauce = 1\n")
    feed.start([tmp_path])
    name = feed.workspace
    both = {str(open_file): "x = 1\n", str(hidden): "sauce = 1\n"}
    await until(lambda: engine.held.get(name) == both)
    feed.changed(hidden.as_uri(), "sauce = 2\n")
    excluded.put(None, ["b.py"], [tmp_path])
    assert feed.workspace == "", "no request may see the memory as long as the file is in it"
    engine.crashes = 1
    await until(lambda: engine.held.get(name) == {str(open_file): "x = 1\n"})
    await until(lambda: feed.workspace == name)
    await asyncio.sleep(0.1)
    assert engine.held == {name: {str(open_file): "x = 1\n"}}
    excluded.remove(None)
    await until(lambda: engine.held.get(name) == both)


async def test_what_is_excluded_while_the_memory_is_off_is_forgotten_when_it_is_on_again(
    feed: WorkspaceFeed, engine: Remembering, excluded: ExcludedFiles, tmp_path: Path
) -> None:
    hidden = write(tmp_path, "b.py", "sauce = 1\n")
    feed.start([tmp_path])
    name = feed.workspace
    await until(lambda: engine.held.get(name) == {str(hidden): "sauce = 1\n"})
    feed.start([])
    excluded.put(None, ["b.py"], [tmp_path])
    feed.start([tmp_path])
    assert feed.workspace == ""
    await until(lambda: engine.held == {name: {}} and feed.workspace == name)


async def test_what_is_excluded_while_the_files_are_given_does_not_stay(
    feed: WorkspaceFeed,
    engine: Remembering,
    excluded: ExcludedFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workspace_feed, "PORTION", 1)
    files = [write(tmp_path, f"f{number}.py", f"x = {number}\n") for number in range(6)]
    feed.start([tmp_path])
    name = feed.workspace
    await until(lambda: bool(engine.held.get(name)))
    excluded.put(None, ["f[0-4].py"], [tmp_path])
    await until(lambda: engine.held == {name: {str(files[5]): "x = 5\n"}} and feed.workspace == name)
    await until(lambda: feed.complete)
    assert set(engine.held[name]) == {str(files[5])}
