"""Cross-file context as the engine gets it: the real server, a workspace of two files, and an endpoint that writes down prompts."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from tests.lsp.conftest import plain
from tests.unit.remote.endpoint import Endpoint, running, says

pytestmark = pytest.mark.integration

STOCK = 'class Store:\n    def reserve(self, sku: str, count: int) -> bool:\n        """Put goods aside."""\n        return True\n'
MAIN = "from shop.stock import Store\n\n\ndef buy(store: Store) -> None:\n    store."


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with running(completions=says("reserve", "(")) as found:
        yield found


async def started(root: Path, home: Path, settings: dict[str, Any]) -> LanguageClient:
    client = make_test_lsp_client()

    @client.feature("burnish/status")
    def status(_: Any) -> None:
        """Not looked at."""

    await client.start_io(sys.executable, "-m", "burnish_cli", "--home", str(home), "serve", "--stdio")
    client.set_configuration(settings, section="burnish")
    folder = types.WorkspaceFolder(root.as_uri(), root.name)
    params = types.InitializeParams(
        capabilities=client_capabilities("visual-studio-code"),
        initialization_options={"settings": settings},
        workspace_folders=[folder],
        root_uri=root.as_uri(),
    )
    await client.initialize_session(params)
    return client


async def prompts(client: LanguageClient, endpoint: Endpoint, uri: str) -> str:
    """The prompts that a completion at the end of :data:`MAIN` causes."""
    seen = len(endpoint.asked("/v1/completions"))
    params = types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
        types.TextDocumentIdentifier(uri),
        types.Position(4, len("    store.")),
    )
    await client.text_document_inline_completion_async(params)
    return "".join(str(exchange.body) for exchange in endpoint.asked("/v1/completions")[seen:])


@pytest.mark.parametrize("enabled", [True, False])
async def test_the_prompt_has_the_other_files_signature(
    tmp_path: Path, endpoint: Endpoint, enabled: bool
) -> None:
    root, home = tmp_path / "work", tmp_path / "home"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").touch()
    (root / "shop" / "stock.py").write_text(STOCK)
    main = root / "shop" / "main.py"
    main.write_text(MAIN)
    settings = {
        "completion": {"minConfidence": 0.0, "maxLatencyMs": 20_000, "debounceMs": 0},
        "engine": {"threads": 1, "endpoint": {"url": endpoint.url, "fimFamily": "qwen2.5-coder"}},
        "context": {"enabled": enabled},
        "logLevel": "debug",
    }
    client = await started(root, home, settings)
    try:
        ends = time.monotonic() + 30
        found = ""
        while "store." not in found or (enabled and "def reserve" not in found):
            assert time.monotonic() < ends, found or (home / "logs" / "serve.log").read_text()
            client.text_document_did_open(
                types.DidOpenTextDocumentParams(types.TextDocumentItem(main.as_uri(), "python", 1, MAIN))
            )
            found = await prompts(client, endpoint, main.as_uri())
            client.text_document_did_close(
                types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(main.as_uri()))
            )
            await asyncio.sleep(0.3)
        if enabled:
            assert "<|repo_name|>" in found and "<|file_sep|>shop/stock.py" in found
            assert "def reserve(self, sku: str, count: int) -> bool:" in found
            assert found.index("shop/stock.py") < found.index("<|fim_prefix|>")
            assert list((home / "cache" / "graph").glob("*.sqlite3"))
        else:
            assert "reserve" not in found and not (home / "cache").exists()
    finally:
        await asyncio.wait_for(client.shutdown_session(), 20)
        await client.stop()


async def test_a_file_without_suggestions_has_none_and_stands_in_no_prompt(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    root = tmp_path / "work"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").touch()
    (root / "shop" / "stock.py").write_text(STOCK)
    main = root / "shop" / "main.py"
    main.write_text(MAIN)
    settings: dict[str, Any] = {
        "completion": {"minConfidence": 0.0, "maxLatencyMs": 20_000, "debounceMs": 0, "exclude": []},
        "engine": {"threads": 1, "endpoint": {"url": endpoint.url, "fimFamily": "qwen2.5-coder"}},
    }
    client = await started(root, tmp_path / "home", settings)

    def exclude(*globs: object) -> None:
        settings["completion"]["exclude"] = list(globs)
        client.set_configuration(settings, section="burnish")
        client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"burnish": settings}))

    async def until(shown: bool) -> None:
        """Ask until there are prompts, with the other file's text or without it."""
        ends = time.monotonic() + 30
        found = ""
        while "store." not in found or ("def reserve" in found) is not shown:
            assert time.monotonic() < ends, found
            await asyncio.sleep(0.3)
            found = await asked_anew(client, endpoint, main.as_uri())

    try:
        await until(shown=True)
        exclude("stock.py", 3)
        await until(shown=False)
        assert "def reserve" not in await asked_anew(client, endpoint, main.as_uri())
        told = [message.message for message in client.messages]
        assert any("burnish.completion.exclude" in text and "entry 2" in text for text in told)
        exclude("shop/main.py")
        ends = time.monotonic() + 30
        reasons = types.ExecuteCommandParams("burnish.server.whyNoSuggestion", [])
        newest: dict[str, Any] = {}
        while newest.get("rule") != "excluded":
            assert time.monotonic() < ends, newest
            await asked_anew(client, endpoint, main.as_uri())
            newest = next(iter(plain(await client.workspace_execute_command_async(reasons))), {})
        assert "burnish.completion.exclude" in newest["sentence"] and "'shop/main.py'" in newest["sentence"]
        assert await asked_anew(client, endpoint, main.as_uri()) == ""
        exclude()
        await until(shown=True)
    finally:
        await asyncio.wait_for(client.shutdown_session(), 20)
        await client.stop()


async def asked_anew(client: LanguageClient, endpoint: Endpoint, uri: str) -> str:
    """The prompts that a completion in a document that was just opened causes."""
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, MAIN))
    )
    try:
        return await prompts(client, endpoint, uri)
    finally:
        client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
