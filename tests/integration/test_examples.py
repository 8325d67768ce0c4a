"""What examples/README.md promises is what the bundled model does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from burnish_models.engine import LlamaCppEngine
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.engine_host import EngineHost
from burnish_server.settings import CompletionSettings

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[2] / "examples"
ROW = re.compile(r"^\| `([^`]+\.py)` \| (.+?) \| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
ROWS = ROW.findall((EXAMPLES / "README.md").read_text(encoding="utf-8"))


def split(text: str, place: str) -> tuple[str, str]:
    """The text above and below the place that a row names."""
    if place == "the end of the file":
        return text + "\n\n", ""
    needle = re.search(r"`(.+)`", place)
    at = (
        text.index(needle[1])
        if needle
        else [m.start() for m in re.finditer(r"^(from|import) ", text, re.M)][-1]
    )
    end = text.index("\n", at) + 1
    return text[:end], "\n" + text[end:]


async def test_every_row_of_the_table_appears(engine: LlamaCppEngine, tmp_path: Path) -> None:
    assert len(ROWS) >= 5
    (tmp_path / "logs").mkdir()
    host = EngineHost(tmp_path, build=lambda *_: engine)
    host.start()
    await host.ready()
    pipeline = Pipeline(host, CompletionSettings(max_latency_ms=20_000, debounce_ms=0))
    shown = []
    for file, place, typed, expected in ROWS:
        above, below = split((EXAMPLES / file).read_text(encoding="utf-8"), place)
        before = above + ("\n" if place.startswith("below `") else "") + typed.replace("\\|", "|")
        request = CompletionRequest(
            uri=f"file:///{file}",
            source=SourceText(before + "\n" + below),
            offset=len(before),
            path=file,
            invoked=True,
        )
        result = await pipeline.complete(request)
        shown.append((typed, result.text if result.text == expected else (result.text, expected)))
    assert shown == [(typed, expected) for _, _, typed, expected in ROWS]
