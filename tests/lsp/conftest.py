"""A real client, over stdio, against the real server process."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from burnish_models.paths import BUNDLED

#: Runs the command line and leaves the names of all loaded modules in the file named first.
RECORDER = """
import json, sys
from burnish_cli.main import run
code = run(sys.argv[2:])
open(sys.argv[1], "w").write(json.dumps(sorted(sys.modules)))
sys.exit(code)
"""


@dataclass
class Session:
    """One client and its server."""

    client: LanguageClient
    home: Path
    modules_file: Path
    statuses: list[dict[str, Any]] = field(default_factory=list)
    seconds_to_initialized: float = 0.0
    result: types.InitializeResult | None = None

    async def until(self, state: str, timeout: float = 60) -> dict[str, Any]:
        """Wait for the server to be in ``state``."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.statuses and self.statuses[-1]["state"] == state:
                return self.statuses[-1]
            await asyncio.sleep(0.02)
        raise AssertionError(f"no status {state!r}; seen: {[s['state'] for s in self.statuses]}")

    def open(self, uri: str, text: str) -> None:
        item = types.TextDocumentItem(uri, "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, uri: str, version: int, line: int, first: int, last: int, text: str) -> None:
        where = types.Range(types.Position(line, first), types.Position(line, last))
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    async def hover(self, uri: str, line: int, character: int) -> types.Hover | None:
        identifier = types.TextDocumentIdentifier(uri)
        params = types.HoverParams(identifier, types.Position(line, character))
        return await asyncio.wait_for(self.client.text_document_hover_async(params), 5)

    async def inline(self, uri: str, line: int, character: int, *, invoked: bool = True) -> list[Any]:
        found = await self.client.text_document_inline_completion_async(
            inline_params(uri, line, character, invoked)
        )
        assert isinstance(found, types.InlineCompletionList)
        return list(found.items)

    async def complete(self, uri: str, line: int, character: int, text: str | None = None) -> dict[str, Any]:
        params: dict[str, Any] = {
            "uri": uri,
            "position": {"line": line, "character": character},
            "fresh": True,
        }
        if text is not None:
            params["text"] = text
        answer = await self.client.protocol.send_request_async("burnish/complete", params)
        return plain(answer)

    async def command(self, name: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(f"burnish.server.{name}", list(arguments))
        return plain(await self.client.workspace_execute_command_async(params))

    def log(self) -> str:
        file = self.home / "logs" / "serve.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""


def inline_params(uri: str, line: int, character: int, invoked: bool = True) -> types.InlineCompletionParams:
    kind = types.InlineCompletionTriggerKind
    return types.InlineCompletionParams(
        types.InlineCompletionContext(kind.Invoked if invoked else kind.Automatic),
        types.TextDocumentIdentifier(uri),
        types.Position(line, character),
    )


def plain(value: Any) -> Any:
    """The JSON value behind what pygls made of a custom message."""
    if hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def any_model() -> Path | None:
    """The bundled model, where this checkout has one."""
    return next(iter(sorted(BUNDLED.glob("*.gguf"))), None)


Start = Callable[..., Any]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start sessions: ``await start(settings, encodings=…, program=…, home=…)``; all are shut down at the end."""
    sessions: list[Session] = []

    async def start_one(
        settings: dict[str, Any] | None = None,
        encodings: list[str] | None = None,
        program: str = RECORDER,
        home: Path | None = None,
    ) -> Session:
        home = home or tmp_path / f"home{len(sessions)}"
        client = make_test_lsp_client()
        session = Session(client, home, tmp_path / f"modules{len(sessions)}.json")

        @client.feature("burnish/status")
        def status(params: Any) -> None:
            session.statuses.append(plain(params))

        began = time.monotonic()
        command = [sys.executable, "-c", program, str(session.modules_file), "--home", str(home)]
        await client.start_io(*command, "serve", "--stdio")
        sessions.append(session)
        capabilities = client_capabilities("visual-studio-code")
        assert capabilities.general is not None
        if encodings is not None:
            capabilities.general.position_encodings = [types.PositionEncodingKind(item) for item in encodings]
        session.client.set_configuration(settings or {}, section="burnish")
        params = types.InitializeParams(
            capabilities=capabilities, initialization_options={"settings": settings or {}}
        )
        session.result = await client.initialize_session(params)
        session.seconds_to_initialized = time.monotonic() - began
        return session

    yield start_one
    for session in sessions:
        if session.client._server is not None and session.client._server.returncode is None:
            await asyncio.wait_for(session.client.shutdown_session(), 20)
        await session.client.stop()


def modules_of(session: Session) -> set[str]:
    return set(json.loads(session.modules_file.read_text()))


@pytest.fixture(scope="session")
def model() -> Path:
    found = any_model()
    assert found is not None, "the bundled model is missing from this checkout"
    return found
