"""Editors for tests of performance findings."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Union

import pytest_asyncio
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from tests.lsp.conftest import plain
from tests.lsp.perf.editor import PYPROJECT, WITH_VERIFIER, Editor, Start


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Start]:
    """Start editors: ``await editor(settings, program=…, trusted=…, pull=…, …)``."""
    made: list[Editor] = []

    async def start(
        settings: dict[str, Any] | None = None,
        *,
        program: str = WITH_VERIFIER,
        trusted: Any = True,
        pull: bool = True,
        refreshes: bool = True,
        resolves: bool = True,
        home: str = "home",
        pyproject: str = PYPROJECT,
        more: dict[str, Any] | None = None,
    ) -> Editor:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text(pyproject)
        client = LanguageClient(converter_factory=_converter)
        one = Editor(client, folder, tmp_path / home)
        made.append(one)
        register_lsp_features(client, DEFAULT_CLIENT_FEATURES | _listening(one))
        values = {"completion": {"enabled": False}, **(settings or {})}
        command = [sys.executable, "-c", program, str(tmp_path / "modules.json"), "--home", str(one.home)]
        await client.start_io(*command, "serve", "--stdio")
        capabilities = client_capabilities("visual-studio-code")
        assert capabilities.text_document and capabilities.workspace
        if pull:
            capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities()
            capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(
                refresh_support=refreshes
            )
        if not resolves:
            assert capabilities.text_document.code_action
            capabilities.text_document.code_action.resolve_support = None
        client.set_configuration(values, section="burnish")
        options = {"settings": values, "trusted": trusted, "previewsFixes": True, **(more or {})}
        await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                initialization_options=options,
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "project")],
            )
        )
        return one

    yield start
    for one in made:
        if one.client._server is not None and one.client._server.returncode is None:
            await asyncio.wait_for(one.client.shutdown_session(), 20)
        await one.client.stop()
        # What the user is refused is logged by pygls; anything else would be a bug.
        lines = one.log().splitlines()
        ends = [line for line in lines if line.startswith(("pygls.exceptions.", "burnish_", "Traceback"))]
        assert all(line.startswith(("Traceback", "pygls.exceptions.JsonRpc")) for line in ends), one.log()
        assert sum(line.startswith("Traceback") for line in ends) <= len(ends) / 2, one.log()


def _converter() -> Any:
    """The library's, which takes every code action that has a command for a command."""
    converter = default_converter()  # type: ignore[no-untyped-call]

    def action(raw: Any, _: Any) -> Any:
        bare = isinstance(raw.get("command"), str)
        return converter.structure(raw, types.Command if bare else types.CodeAction)

    converter.register_structure_hook(types.Command | types.CodeAction, action)
    converter.register_structure_hook(Union[types.Command, types.CodeAction], action)  # noqa: UP007
    return converter


def _listening(one: Editor) -> dict[str, Any]:
    """What the client does by itself."""

    def refresh(_: Any) -> None:
        one.refreshed.set()

    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        return types.ApplyWorkspaceEditResult(one.take(params))

    def message(params: types.ShowMessageParams) -> None:
        one.messages.append(params.message)

    def progress(params: types.ProgressParams) -> None:
        value = plain(params.value)
        one.progress.append(value)
        if one.cancel_progress and value.get("kind") == "begin":
            one.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(params.token))

    return {
        types.WORKSPACE_DIAGNOSTIC_REFRESH: refresh,
        types.WORKSPACE_APPLY_EDIT: apply,
        types.WINDOW_SHOW_MESSAGE: message,
        types.PROGRESS: progress,
    }
