"""An editor served by a team's endpoint: two real servers, their keys, and one killed in mid-request."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_remote import serving
from tests.lsp.conftest import Session, Start

pytestmark = pytest.mark.integration

URI = "file:///project/a.py"
TEXT = "def add(first, second):\n    total = first"
KEY = "sk-team-51515151"


async def begin(start: Start, model: Path, url: str) -> Session:
    settings = {
        "model": str(model),
        "completion": {"minConfidence": 0.0, "maxLatencyMs": 20_000, "debounceMs": 0},
        "engine": {"threads": 1, "contextTokens": 2048, "endpoint": {"url": url}},
        "logLevel": "debug",
    }
    session: Session = await start(settings)
    await session.until("ready")
    return session


async def complete(session: Session) -> dict[str, Any]:
    return await session.complete(URI, 1, len("    total = first"), TEXT)


async def until_backend(session: Session, part: str) -> dict[str, Any]:
    """Complete until the status names this backend: an endpoint that was given up is tried by a request."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        await complete(session)
        status = await session.command("status")
        if part in status["backend"]:
            assert isinstance(status, dict)
            return status
        await asyncio.sleep(0.2)
    raise AssertionError(f"no backend {part!r}; last: {status}")


@pytest.mark.parametrize("kind", ["llama-server", "llama-cpp-python"])
async def test_the_key_comes_later_and_stays_out_of_the_log(start: Start, model: Path, kind: str) -> None:
    with serving(kind, model, key=KEY) as (url, _):
        session = await begin(start, model, url)
        assert (await complete(session))["text"]
        status = await session.command("status")
        assert "in place of" in status["backend"]
        assert "wants a key" in status["detail"]
        session.client.protocol.notify("burnish/endpointKey", {"endpoint": url, "key": KEY})
        status = await until_backend(session, f"remote: {_name(kind)} at {url.removeprefix('http://')}")
        assert (status["state"], status["detail"]) == ("ready", "")
        assert status["model"].startswith("burnish-nano")
        assert (await complete(session))["text"] == " - second"
        log = session.log()
        assert "code around the cursor is sent there" in log
        assert KEY not in log


@pytest.mark.parametrize("kind", ["llama-server", "llama-cpp-python"])
async def test_killed_in_mid_request_the_editor_gets_its_answer(
    start: Start, model: Path, kind: str, record_property: Callable[[str, object], None]
) -> None:
    with serving(kind, model) as (url, process):
        session = await begin(start, model, url)
        await until_backend(session, "remote:")
        # Stopped first, so that the request is surely in flight when the server dies.
        os.kill(process.pid, signal.SIGSTOP)
        answering = asyncio.create_task(complete(session))
        await asyncio.sleep(0.3)
        assert not answering.done()
        killed = time.monotonic()
        os.kill(process.pid, signal.SIGKILL)
        answer = await asyncio.wait_for(answering, 5)
        took = time.monotonic() - killed
        record_property("takeover_ms", round(took * 1000))
        assert answer["text"] == " - second"
        assert took < 1.0
        status = await session.command("status")
        assert "in place of" in status["backend"]
        assert "The local model serves:" in status["detail"]


async def test_nothing_is_sent_without_an_address(start: Start, model: Path) -> None:
    with serving("llama-server", model) as (url, _):
        session = await begin(start, model, "")
        session.client.protocol.notify("burnish/endpointKey", {"endpoint": url, "key": KEY})
        assert (await complete(session))["text"]
        status = await session.command("status")
        assert status["backend"] == "llama.cpp"


def _name(kind: str) -> str:
    return "llama-server" if kind == "llama-server" else "OpenAI-compatible server"
