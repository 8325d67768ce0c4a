"""The server follows the registry: real model, real adapters, a real client."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from burnish_models.adapters.records import Lineage
from burnish_models.adapters.registry import Registry
from burnish_models.gguf_file import file_sha256
from tests.adapter_maker import MODEL, write_random
from tests.lsp.conftest import Session, Start

pytestmark = pytest.mark.integration
URI = "file:///project/a.py"
TEXT = "import os\n\n\ndef read(path):\n    with open(path) as file:\n        return \n"
BASE = file_sha256(MODEL)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two adapters, none of which serves."""
    folder = tmp_path_factory.mktemp("adapters")
    registry = Registry(folder / "home")
    for seed in range(2):
        registry.add(write_random(folder / "new.gguf", seed), MODEL, Lineage("labels-1", f"run-{seed}"))
    return folder / "home"


@pytest.fixture
def registry(template: Path, tmp_path: Path) -> Registry:
    """The registry in the home folder of the first session that is started."""
    return Registry(Path(shutil.copytree(template, tmp_path / "home0")))


async def begin(start: Start, **engine: Any) -> Session:
    settings = {
        "model": str(MODEL),
        "completion": {"minConfidence": 0.0, "maxLatencyMs": 20_000, "debounceMs": 0},
        "engine": {"threads": 1, "contextTokens": 1024, **engine},
    }
    session: Session = await start(settings)
    await session.until("ready")
    return session


async def served(session: Session) -> str | None:
    """The id of the adapter that gave an answer."""
    answer = await session.complete(URI, 5, 15, TEXT)
    assert answer["tokens"]["generated"] > 0
    found: str | None = answer["adapter"]
    return found


async def until_adapter(session: Session, name: str | None) -> None:
    async with asyncio.timeout(20):
        while session.statuses[-1]["adapter"] != name:
            await asyncio.sleep(0.02)


async def test_promotions_and_rollbacks_reach_a_running_server(
    start: Start, registry: Registry, record_property: Any
) -> None:
    first, second = registry.find("night 0"), registry.find("night 1")
    registry.promote(first.id, "better", ungated=True)
    session = await begin(start)
    pid = session.statuses[-1]["enginePid"]
    ready = next(status for status in session.statuses if status["state"] == "ready")
    assert ready["adapter"] == "night 0", "ready means: with its adapter"
    assert await served(session) == first.id
    began = time.monotonic()
    registry.promote(second.id, "better still", ungated=True)
    await until_adapter(session, "night 1")
    record_property("seconds_to_follow", round(time.monotonic() - began, 2))
    assert await served(session) == second.id
    registry.rollback(BASE, "worse")
    await until_adapter(session, "night 0")
    assert await served(session) == first.id
    registry.rollback(BASE, "worse")
    await until_adapter(session, None)
    assert await served(session) is None
    assert session.statuses[-1]["enginePid"] == pid, "no reload"
    assert "Traceback" not in session.log()


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
async def test_an_engine_that_was_killed_comes_back_with_its_adapter(
    start: Start, registry: Registry
) -> None:
    first = registry.promote("night 0", "better", ungated=True)
    session = await begin(start)
    before = session.statuses[-1]["enginePid"]
    os.kill(before, signal.SIGKILL)
    async with asyncio.timeout(30):
        while session.statuses[-1]["enginePid"] in (None, before):
            await asyncio.sleep(0.02)
    await session.until("ready")
    assert session.statuses[-1]["adapter"] == "night 0"
    assert await served(session) == first.id


async def test_an_adapter_that_is_gone_or_damaged_is_passed_over(start: Start, registry: Registry) -> None:
    first = registry.promote("night 0", "better", ungated=True)
    second = registry.promote("night 1", "better", ungated=True)
    assert second.path is not None
    second.path.write_bytes(second.path.read_bytes()[:-100])
    session = await begin(start)
    assert session.statuses[-1]["adapter"] == "night 0"
    assert "night 1 is gone or damaged: night 0 serves instead" in session.statuses[-1]["detail"]
    assert await served(session) == first.id


async def test_the_setting_chooses_the_adapter(start: Start, registry: Registry, tmp_path: Path) -> None:
    registry.promote("night 0", "better", ungated=True)
    own = write_random(tmp_path / "own.gguf", 7, name="my own")
    session = await begin(start, adapter=str(own))
    assert session.statuses[-1]["adapter"] == "my own"
    assert await served(session) == "own"
    pid = session.statuses[-1]["enginePid"]
    alone = {"model": str(MODEL), "engine": {"threads": 1, "contextTokens": 1024, "adapter": "none"}}
    await change(session, alone)
    await until_adapter(session, None)
    assert await served(session) is None
    assert session.statuses[-1]["enginePid"] == pid


@pytest.mark.parametrize(
    ("how", "why"),
    [("truncated", "truncated"), ("other model", "trained on another model file"), ("", "Cannot read")],
)
async def test_a_bad_file_in_the_setting_is_refused_in_words(
    start: Start, tmp_path: Path, how: str, why: str
) -> None:
    path = tmp_path / "own.gguf"
    if how:
        write_random(path, base_sha256="e" * 64 if how == "other model" else "")
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    session = await begin(start, adapter=str(path))
    assert session.statuses[-1]["adapter"] is None
    assert session.statuses[-1]["detail"].startswith("burnish.engine.adapter: ")
    assert why in session.statuses[-1]["detail"]
    assert await served(session) is None


async def change(session: Session, settings: dict[str, Any]) -> None:
    settings["completion"] = {"minConfidence": 0.0, "maxLatencyMs": 20_000, "debounceMs": 0}
    session.client.set_configuration(settings, section="burnish")
    session.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"burnish": settings})
    )
