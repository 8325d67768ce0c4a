"""The server as an editor sees it, without a model: everything but completions works, and it says why."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.conftest import Start, modules_of

URI = "file:///project/a.py"
NO_MODEL = {"model": "/no/such/model.gguf"}
CODE = 'def foo(a, b=1):\n    """Adds."""\n    return a + b\n\n\nfoo(1)\n'


async def test_capabilities(start: Start) -> None:
    session = await start(NO_MODEL)
    capabilities = session.result.capabilities
    assert capabilities.inline_completion_provider == types.InlineCompletionOptions()
    assert capabilities.hover_provider
    assert capabilities.position_encoding in {"utf-16", types.PositionEncodingKind.Utf16}
    sync = capabilities.text_document_sync
    assert sync.change == types.TextDocumentSyncKind.Incremental
    assert set(capabilities.execute_command_provider.commands) == {
        f"burnish.server.{name}"
        for name in (
            "listModels",
            "useModel",
            "pullModel",
            "restartEngine",
            "whyNoSuggestion",
            "doctor",
            "statistics",
            "addImports",
            "status",
            "accepted",
            "consent",
            "setConsent",
            "configureRecording",
            "exportRecord",
            "eraseRecord",
            "dashboard",
            "trainNow",
            "rollback",
            "promote",
            "verifyAll",
            "applyVerified",
            "perfPreview",
            "perfExplain",
            "perfApply",
            "useProfile",
            "complexity",
            "metricsReport",
            "metricsTrend",
            "refactor",
            "refactorApply",
            "checkAnswer",
            "plan",
            "planStep",
            "planSkip",
            "explainFinding",
            "rewrite",
            "rewriteApply",
            "rewriteReject",
        )
    }


async def test_initialized_is_quick_and_light(
    start: Start, record_property: Callable[[str, object], None]
) -> None:
    session = await start(NO_MODEL)
    record_property("seconds_to_initialized", round(session.seconds_to_initialized, 3))
    await session.until("failed")
    resident = psutil.Process(session.client._server.pid).memory_info().rss
    record_property("resident_mib", round(resident / (1 << 20), 1))
    await session.client.shutdown_session()
    await session.client._server.wait()
    loaded = modules_of(session)
    assert "burnish_server.server" in loaded
    assert not loaded & {"torch", "transformers", "peft", "llama_cpp", "burnish_training"}
    assert session.client._server.returncode == 0
    assert session.seconds_to_initialized < 10


async def test_without_a_model_all_else_works_and_the_reason_is_told(start: Start) -> None:
    session = await start(NO_MODEL)
    session.open(URI, CODE)
    status = await session.until("failed")
    assert "/no/such/model.gguf" in status["detail"]
    hover = await session.hover(URI, 5, 1)
    assert "def foo(a, b=1)" in hover.contents.value
    assert "Adds." in hover.contents.value
    assert await session.inline(URI, 5, 6) == []
    reasons = await session.command("whyNoSuggestion")
    assert reasons[0]["rule"] == "engine-failed"
    assert "/no/such/model.gguf" in reasons[0]["sentence"]
    assert (reasons[0]["line"], reasons[0]["character"], reasons[0]["uri"]) == (5, 6, URI)
    assert (await session.command("status"))["state"] == "failed"
    assert "Traceback" not in session.log()


async def test_progress_ends_when_loading_ends(start: Start) -> None:
    session = await start(NO_MODEL)
    await session.until("failed")
    await asyncio.sleep(0.2)
    for reports in session.client.progress_reports.values():
        kinds = [report.kind for report in reports]
        # Loading may fail before the client has agreed to the bar: then it never begins.
        assert (kinds.count("begin"), kinds.count("end")) in {(1, 1), (0, 0)}
        assert not kinds or kinds[-1] == "end"


async def test_disabled(start: Start) -> None:
    session = await start({"completion": {"enabled": False}, **NO_MODEL})
    await session.until("disabled")
    session.open(URI, CODE)
    assert await session.inline(URI, 5, 6) == []
    enabled = {"completion": {"enabled": True}, **NO_MODEL}
    session.client.set_configuration(enabled, section="burnish")
    params = types.DidChangeConfigurationParams(settings={"burnish": enabled})
    session.client.workspace_did_change_configuration(params)
    await session.until("failed")


async def test_a_bad_setting_is_told(start: Start) -> None:
    session = await start({"completion": {"debounceMs": "soon"}, **NO_MODEL})
    await session.until("failed")
    told = [message.message for message in session.client.messages]
    assert any("burnish.completion.debounceMs" in message for message in told)


@pytest.mark.parametrize(
    ("encoding", "columns"), [("utf-16", (10, 13)), ("utf-8", (12, 15)), ("utf-32", (9, 12))]
)
async def test_positions_in_every_encoding(start: Start, encoding: str, columns: tuple[int, int]) -> None:
    session = await start(NO_MODEL, [encoding])
    assert session.result.capabilities.position_encoding == encoding
    session.open(URI, CODE + "x = '😀'; foo(2)\n")
    hover = await session.hover(URI, 6, columns[0] + 1)
    assert hover is not None
    assert (hover.range.start.character, hover.range.end.character) == columns


@pytest.mark.parametrize(
    ("text", "edit", "line", "start_column"),
    [
        ("def foo(): ...\r\nx = 1\r\n", (1, 4, 5, "foo()"), 1, 4),
        ("\ufeffdef foo(): ...\n\n", (1, 0, 0, "foo()"), 1, 0),
        ("def foo(): ...\n\t\n", (1, 1, 1, "foo()"), 1, 1),
        ("def foo(): ...\nx = '😀' \n", (1, 9, 9, "foo()"), 1, 9),
        ("def foo(): ...\n\x0c\ny\n", (2, 0, 1, "foo()"), 2, 0),
        ("def foo(): ...\n" + "x = 1\n" * 10_000, (10_000, 0, 5, "foo()"), 10_000, 0),
        ("def foo(): ...\n" + "x = ( =\n" * 500 + "\n", (501, 0, 0, "foo()"), 501, 0),
    ],
    ids=["crlf", "bom", "tab", "emoji", "form feed", "10,000 lines", "errors everywhere"],
)
async def test_edits_in_odd_files(
    start: Start, text: str, edit: tuple[int, int, int, str], line: int, start_column: int
) -> None:
    session = await start(NO_MODEL)
    session.open(URI, text)
    session.change(URI, 2, *edit)
    hover = await session.hover(URI, line, start_column + 1)
    assert hover is not None
    assert hover.range.start == types.Position(line, start_column)
    assert hover.range.end == types.Position(line, start_column + 3)
    await session.inline(URI, line, start_column + 5)
    assert "ERROR" not in session.log().replace("ERROR   burnish_server.engine_host", "")
    assert "Traceback" not in session.log()


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("useModel", [], "one argument"),
        ("useModel", ["no-such-model"], "no-such-model"),
        ("useModel", [7], "one argument"),
        ("pullModel", ["no-such-model"], "no-such-model"),
    ],
)
async def test_bad_command_arguments(start: Start, command: str, arguments: list[Any], said: str) -> None:
    session = await start(NO_MODEL)
    with pytest.raises(JsonRpcException, match=said):
        await session.command(command, *arguments)


async def test_list_models(start: Start) -> None:
    session = await start(NO_MODEL)
    models = await session.command("listModels")
    assert len(models) > 3
    keys = {"name", "title", "description", "installed", "selected", "suits", "sizeBytes", "licence"}
    assert all(set(model) == keys for model in models)


async def test_complete_needs_its_parameters(start: Start) -> None:
    session = await start(NO_MODEL)
    with pytest.raises(JsonRpcException, match="position"):
        await session.client.protocol.send_request_async("burnish/complete", {"uri": URI})
    with pytest.raises(JsonRpcException, match="not open"):
        await session.complete(URI, 0, 0)
    answer = await session.complete(URI, 0, 4, "x = \n")
    assert answer["dropped"] in {"engine-failed", "engine-loading"}


async def test_a_client_that_vanishes_ends_the_server(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "burnish_cli", "--home", str(tmp_path), "serve", "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _, errors = process.communicate(b"", timeout=20)
    assert process.returncode == 1
    assert b"Traceback" not in errors
