"""Suggestions may use what exists, or what an import brings."""

from __future__ import annotations

import pytest

from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings
from tests.unit.server.scripted import ScriptedEngine, Source


async def completed(text: str, answer: str, *, invoked: bool = False) -> tuple[CompletionResult, str]:
    made = Pipeline(Source(ScriptedEngine(answer)), CompletionSettings(debounce_ms=0))
    request = CompletionRequest(
        "file:///a.py", SourceText(text.replace("|", "")), text.index("|"), invoked=invoked
    )
    result = await made.complete(request)
    return result, made.reasons.entries()[0].sentence if made.reasons.entries() else ""


async def test_an_unknown_name_is_not_shown() -> None:
    result, reason = await completed("data = [1]\nx = |\n", "sumup(data)")
    assert (result.text, result.dropped) == ("", "unknown-name")
    assert "`sumup`" in reason


async def test_an_unknown_attribute_is_not_shown() -> None:
    text = "class A:\n    def __init__(self):\n        self.size = 1\n\n    def m(self):\n        return |\n"
    result, reason = await completed(text, "self.length")
    assert result.dropped == "unknown-attribute"
    assert "`length`" in reason
    assert (await completed(text, "self.size"))[0].text == "self.size"


async def test_what_an_import_brings_is_shown_with_it() -> None:
    result, _ = await completed("x = |\n", "json.dumps(Path())")
    assert result.text == "json.dumps(Path())"
    assert result.imports == ("import json", "from pathlib import Path")
    assert result.as_contract()["imports"] == ["import json", "from pathlib import Path"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x = 'see |\n", "foo bar'"),
        ("from lib import *\nx = |\n", "foo(1)"),
        ("def f(rows):\n    for row in |\n", "rows:"),
        ("def f(rows):\n    |\n", "for row in rows:\n        print(row)"),
        ("x = [|]\n", "item for item in (1, 2)"),
    ],
)
async def test_what_exists_is_shown(text: str, answer: str) -> None:
    result, reason = await completed(text, answer)
    assert (result.text, result.imports) == (answer, ()), reason


async def test_a_block_is_looked_at_as_a_whole() -> None:
    result, reason = await completed("def f(rows):\n    |\n", "total = 0\n    return totals")
    assert (result.dropped, "`totals`" in reason) == ("unknown-name", True)


async def test_an_import_that_the_typed_part_lacks_comes_along() -> None:
    result, _ = await completed("def load(name):\n    return Path(|)\n", "name)")
    assert (result.text, result.imports) == ("name)", ("from pathlib import Path",))
    result, _ = await completed("x = mine(|)\n", "'a')")
    assert (result.text, result.imports) == ("'a')", ())


async def test_a_very_long_file_has_its_imports_far_away() -> None:
    filler = "".join(f"def handle_{i}(request):\n    return request\n\n\n" for i in range(3_000))
    result, _ = await completed("import json\n" + filler + "x = |\n", "json.dumps(Path())")
    assert result.imports == ("from pathlib import Path",)


async def test_in_a_very_long_file_a_name_that_stands_anywhere_exists() -> None:
    filler = "".join(f"def handle_{i}(request):\n    return request\n\n\n" for i in range(3_000))
    assert (await completed(filler + "x = |\n", "handle_7(1)"))[0].text == "handle_7(1)"
    assert (await completed(filler + "x = |\n", "handler_7(1)"))[0].dropped == "unknown-name"
