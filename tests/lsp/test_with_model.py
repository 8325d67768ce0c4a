"""The server with the real engine and the bundled model."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.conftest import Session, Start, inline_params

pytestmark = pytest.mark.integration

URI = "file:///project/a.py"
FUNCTIONS = "".join(
    f"def handle_{i}(request, value={i}):\n    result = request.get({i})\n    return result + value\n\n\n"
    for i in range(60)
)
RECORD = Callable[[str, object], None]


async def ready(start: Start, model: Path, **completion: Any) -> Session:
    settings = {
        "model": str(model),
        "completion": {"minConfidence": 0.0, "maxLatencyMs": 20_000, "debounceMs": 0, **completion},
        "engine": {"threads": 1, "contextTokens": 2048},
    }
    session = await start(settings)
    await session.until("ready")
    return session


async def test_loading_blocks_nothing(start: Start, model: Path) -> None:
    session = await start({"model": str(model)})
    session.open(URI, "def foo():\n    pass\n\nfoo()\n")
    assert await session.hover(URI, 3, 1) is not None
    status = await session.until("ready")
    assert status["enginePid"] > 0
    assert status["threads"] >= 1
    states = [seen["state"] for seen in session.statuses]
    assert states.index("loading") < states.index("ready")


async def test_a_suggestion_and_its_contract(start: Start, model: Path) -> None:
    session = await ready(start, model)
    text = FUNCTIONS + "def handle_60(request, value=60):\n    result = request."
    answer = await session.complete(URI, text.count("\n"), len("    result = request."), text)
    assert answer["tokens"]["prompt"] > 100
    assert answer["tokens"]["generated"] > 0
    assert 0 <= answer["confidence"] <= 1
    assert answer["model"]
    assert answer["timings"]["total_ms"] > 0


async def test_one_more_character_evaluates_only_the_new_tokens(
    start: Start, model: Path, record_property: RECORD
) -> None:
    session = await ready(start, model)
    typed = "    result = request"
    text = FUNCTIONS + "def handle_60(request, value=60):\n" + typed
    line = text.count("\n")
    first = await session.complete(URI, line, len(typed), text + "\n\nprint(1)\n")
    second = await session.complete(URI, line, len(typed) + 1, text + ".\n\nprint(1)\n")
    record_property("tokens_of_the_second_call", second["tokens"])
    assert first["tokens"]["cached"] < 10
    assert second["tokens"]["cached"] >= second["tokens"]["prompt"] - 4


async def test_the_place_the_cursor_rests_at_is_read_ahead(start: Start, model: Path) -> None:
    session = await ready(start, model, workAhead="always")
    typed = "    result = request."
    text = FUNCTIONS + "def handle_60(request, value=60):\n" + typed + "\n\n\nprint(1)\n"
    session.open(URI, text)
    place = {"line": FUNCTIONS.count("\n") + 1, "character": len(typed)}
    session.client.protocol.notify("burnish/cursor", {"textDocument": {"uri": URI}, "position": place})
    async with asyncio.timeout(20):
        while (await session.command("statistics"))["backgroundEvaluatedTokens"] < 500:
            await asyncio.sleep(0.05)
    answer = await session.complete(URI, place["line"], place["character"])
    assert answer["tokens"]["cached"] >= answer["tokens"]["prompt"] - 4
    session.client.protocol.notify("burnish/cursor", {"position": "nowhere"})
    assert (await session.command("status"))["state"] == "ready"


async def test_a_cancelled_request_frees_the_engine(
    start: Start, model: Path, record_property: RECORD
) -> None:
    session = await ready(start, model)
    waits = []
    for number in range(5):
        uri = f"file:///project/{number}.py"
        text = FUNCTIONS.replace("request", f"request_{number}") * 4
        session.open(uri, text + "x = \n")
        identifier = f"cancel-{number}"
        params = inline_params(uri, text.count("\n"), 4)
        request = session.client.protocol.send_request_async(
            types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id=identifier
        )
        pending = asyncio.ensure_future(request)
        await asyncio.sleep(0.05)
        began = time.monotonic()
        session.client.cancel_request(types.CancelParams(identifier))
        with pytest.raises(JsonRpcException):
            await asyncio.wait_for(pending, 10)
        await session.complete("file:///project/b.py", 0, 4, "x = \n")
        waits.append((time.monotonic() - began) * 1000)
    record_property("median_ms_from_cancel_to_the_next_answer", round(statistics.median(waits), 1))
    assert "Traceback" not in session.log()


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
async def test_a_killed_engine_comes_back(start: Start, model: Path, record_property: RECORD) -> None:
    session = await ready(start, model)
    session.open(URI, FUNCTIONS + "handle_1\nx = \n")
    line = FUNCTIONS.count("\n")
    seconds = []
    for number in range(20):
        status = await session.until("ready")
        asked = asyncio.ensure_future(session.inline(URI, line + 1, 4))
        await asyncio.sleep(0.02)
        os.kill(status["enginePid"], signal.SIGKILL)
        began = time.monotonic()
        assert await session.hover(URI, line, 3) is not None
        await asyncio.wait_for(asked, 20)
        answer = await session.complete(URI, 0, 4, f"y{number} = 1\nx = \n")
        while str(answer["dropped"]).startswith("engine-"):
            answer = await session.complete(URI, 1, 4, f"y{number} = 1\nx = \n")
        seconds.append(time.monotonic() - began)
        assert answer["tokens"]["prompt"] > 0
        while session.statuses[-1]["enginePid"] in {None, status["enginePid"]}:
            await asyncio.sleep(0.02)
    record_property("seconds_to_the_next_answer", [round(value, 2) for value in seconds])
    assert max(seconds) < 5
    assert "Traceback" not in session.log()


async def test_restart_and_another_model(start: Start, model: Path, tmp_path: Path) -> None:
    session = await ready(start, model)
    first = session.statuses[-1]["enginePid"]
    assert (await session.command("restartEngine"))["state"] == "loading"
    await asyncio.sleep(0.05)
    assert (await session.until("ready"))["enginePid"] != first
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(model.read_bytes())
    assert (await session.command("useModel", str(copy)))["model"] == "copy"
    await asyncio.sleep(0.05)
    assert (await session.until("ready"))["model"] == "copy"
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(model.read_bytes()[:100_000])
    with pytest.raises(JsonRpcException):
        await session.command("useModel", str(broken))
    assert session.statuses[-1]["model"] == "copy"


@pytest.fixture
def tcp(tmp_path: Path, model: Path) -> Iterator[tuple[Path, int]]:
    """A server on TCP and its port."""
    home = tmp_path / "home"
    arguments = [sys.executable, "-m", "burnish_cli", "--home", str(home), "serve", "--tcp", "--port", "0"]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = re.search(r"listens on 127\.0\.0\.1:(\d+)", process.stderr.readline())
    assert found is not None
    yield home, int(found[1])
    process.terminate()
    assert process.wait(20) == 0
    assert not (home / "server.json").exists()


def burnish(home: Path, *arguments: str, stdin: str | None = None) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "burnish_cli", "--home", str(home), *arguments, "--json"],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_command_line_finds_a_running_server(tcp: tuple[Path, int], tmp_path: Path) -> None:
    home, port = tcp
    file = tmp_path / "a.py"
    file.write_text(FUNCTIONS + "value = handle_1(request")
    line, column = FUNCTIONS.count("\n") + 1, len("value = handle_1(request") + 1
    place = ("complete", str(file), "--line", str(line), "--column", str(column))
    deadline = time.monotonic() + 30
    status, first = burnish(home, *place)
    # At first the model may still be loading, or the prompt be shorter than the speed, once measured, allows.
    while first["tokens"]["cached"] < first["tokens"]["prompt"] - 4 or first["tokens"]["prompt"] <= 100:
        assert time.monotonic() < deadline, first
        status, first = burnish(home, *place)
    assert status in {0, 1}
    file.write_text(file.read_text() + ",")
    more = ("complete", str(file), "--line", str(line), "--column", str(column + 1))
    _, second = burnish(home, *more, "--server", f"127.0.0.1:{port}")
    assert second["tokens"]["cached"] >= second["tokens"]["prompt"] - 4
    _, typed = burnish(home, *place, "--text-stdin", stdin=file.read_text())
    # Another character stands right of the cursor: the middle, some lines of it, is evaluated again.
    assert typed["tokens"]["cached"] >= typed["tokens"]["prompt"] - 120


def test_the_command_line_alone(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes("\ufeffimport os\r\nx = '😀' + \r\n".encode())
    place = ("complete", str(file), "--line", "2", "--column", "11", "--model", str(model))
    status, answer = burnish(tmp_path, *place, "--min-confidence", "0")
    assert set(answer) == {"text", "confidence", "model", "adapter", "timings", "tokens", "dropped"}
    assert answer["tokens"]["generated"] > 0
    assert status == (0 if answer["dropped"] is None else 1)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--line", "9", "--column", "1"], 1, "no line 9"),
        (["--line", "1", "--column", "99"], 1, "no column 99"),
        (["--line", "0", "--column", "1"], 2, "line"),
        (["--line", "1", "--column", "1", "--server", "here"], 2, "HOST:PORT"),
        (["--line", "1", "--column", "1", "--server", "127.0.0.1:1"], 1, "No server answers"),
        (["--line", "1", "--column", "1", "--model", "/no/such.gguf"], 1, "/no/such.gguf"),
    ],
)
def test_refusals_of_the_command_line(tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    found, answer = burnish(tmp_path, "complete", str(file), *arguments)
    assert (found, said in answer["error"]) == (status, True)
