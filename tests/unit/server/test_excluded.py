from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.excluded import ExcludedFiles, file_of
from burnish_server.settings import CompletionSettings
from tests.unit.server.scripted import ScriptedEngine, Source

ROOT = Path("/home/ada/shop")


@pytest.mark.parametrize(
    ("glob", "path", "excluded"),
    [
        ("secret_*.py", "/home/ada/shop/pkg/secret_a.py", True),
        ("secret_*.py", "/home/ada/shop/pkg/a.py", False),
        ("migrations", "/home/ada/shop/app/migrations/0001.py", True),
        ("app/*.py", "/home/ada/shop/app/a.py", True),
        ("app/*.py", "/home/ada/shop/other/app/a.py", False),
        ("app/**", "/home/ada/shop/app/deep/a.py", True),
        ("/home/ada/notes/**", "/home/ada/notes/a.py", True),
        ("/home/ada/shop/app", "/home/ada/shop/app/a.py", True),
        ("APP/A.py", "/home/ada/shop/app/a.py", True),
        ("*.py", "", False),
    ],
)
def test_a_pattern_speaks_of_the_name_the_path_in_the_workspace_or_the_whole_path(
    glob: str, path: str, excluded: bool
) -> None:
    files = ExcludedFiles()
    files.put(None, ["nothing.py", glob], [Path("/elsewhere"), ROOT])
    assert files.pattern(path) == (glob if excluded else None)
    assert files.excludes(path) is excluded


def test_without_a_workspace_folder_the_whole_path_counts() -> None:
    files = ExcludedFiles()
    files.put(None, ["/tmp/*.py"], [])
    assert files.excludes("/tmp/a.py") and not files.excludes("/tmp/b/a.py")


def test_what_one_client_excludes_is_excluded_for_all_until_it_goes() -> None:
    files, one, other = ExcludedFiles(), object(), object()
    assert files.put(one, ["a.py"], [ROOT]) and files.version == 1
    assert not files.put(one, ["a.py"], [ROOT]) and not files.put(other, [], [ROOT])
    assert files.version == 1
    assert files.put(other, ["b.py"], [])
    assert files.excludes(ROOT / "a.py") and files.excludes(ROOT / "b.py")
    files.remove(one)
    assert not files.excludes(ROOT / "a.py") and files.excludes(ROOT / "b.py")
    assert files.version == 3


def test_only_file_uris_name_files() -> None:
    assert file_of("file:///a%20b.py") == "/a b.py"
    assert file_of("untitled:Untitled-1") == ""


def request(file: str, **changes: object) -> CompletionRequest:
    source = SourceText("import a\nx = \n")
    return CompletionRequest(f"file://{file}", source, len("import a\nx = "), **changes)  # type: ignore[arg-type]


async def test_nothing_is_suggested_in_an_excluded_file_and_the_reason_names_the_setting() -> None:
    engine = ScriptedEngine("a")
    made = Pipeline(Source(engine), CompletionSettings(debounce_ms=0, work_ahead="always"))
    made.excluded.put(None, ["keys/**"], [ROOT])
    for path in ("", "/home/ada/shop/keys/b.py"):
        asked = request("/home/ada/shop/keys/b.py", path=path, invoked=True)
        result = await made.complete(asked)
        assert (result.text, result.dropped) == ("", "excluded")
        made.warm(asked)
        await asyncio.sleep(0.02)
    assert engine.requests == []
    made.warm(request("/home/ada/shop/b.py"))
    await asyncio.sleep(0.02)
    assert len(engine.requests) == 1
    [entry, _] = made.reasons.entries()
    assert "burnish.completion.exclude" in entry.sentence and "'keys/**'" in entry.sentence
    assert (await made.complete(request("/home/ada/shop/b.py"))).dropped != "excluded"
    made.settings = CompletionSettings(enabled=False)
    assert (await made.complete(request("/home/ada/shop/keys/b.py"))).dropped == "disabled"
