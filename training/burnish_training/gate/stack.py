"""The served stack: a language server of one's own, asked through the protocol as an editor asks it.

It has a home folder of its own, so that nothing is recorded and nothing of the user's is changed; and no threshold, so that
every answer is seen with its confidence.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cattrs import Converter
from pygls.client import JsonRPCClient
from pygls.exceptions import JsonRpcException
from pygls.protocol import default_converter
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage

from burnish_training.gate.cases import GateCase
from burnish_training.gate.errors import GateError

__all__ = ["Answer", "ServedStack"]

# It writes down every message, which holds the user's code.
logging.getLogger("pygls").setLevel(logging.ERROR)

_START_S = 300.0
_SWAP_S = 60.0
_READ_S = 120.0
_POLL_S = 0.05
_STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the stack said at a cursor. ``dropped`` is the rule that held the text back, empty where none did."""

    text: str
    confidence: float | None
    latency_ms: float
    dropped: str = ""


def _plain(obj: dict[str, Any], kind: type) -> Any:
    return kind(**obj)


def _converter() -> Converter:
    """pygls' own, but what comes in stays plain JSON."""
    converter: Converter = default_converter()  # type: ignore[no-untyped-call]
    for kind in (JsonRPCRequestMessage, JsonRPCNotification, JsonRPCResponseMessage):
        converter.register_structure_hook(kind, _plain)
    return converter


class ServedStack:
    """One server process; :meth:`start`, then :meth:`use` and :meth:`ask`, then :meth:`close`.

    Args:
        home: an empty folder for the server's own state.
        model: the GGUF file that serves.
        folders: workspace folders, whose memory and other files count as they do in the editor.
        threads: the engine's threads; 0 lets it choose.
        most_latency_ms: how long an answer may take.
        memory: whether the workspace's memory takes part.
    """

    def __init__(
        self,
        home: Path,
        model: Path,
        folders: tuple[str, ...],
        *,
        threads: int = 0,
        most_latency_ms: int = 20_000,
        memory: bool = True,
    ) -> None:
        self._home, self._model, self._folders = home, model, folders
        self._threads, self._most_latency_ms = threads, most_latency_ms
        self._memory = memory
        self._client: Any = None
        self._errors: asyncio.Task[bytes] | None = None
        self._adapter = ""

    async def start(self) -> None:
        """Start the server and wait until the base model serves.

        Raises:
            GateError: it does not.
        """
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._client = JsonRPCClient(converter_factory=_converter)
        command = ["-m", "burnish_cli", "--home", str(self._home), "serve", "--stdio"]
        try:
            # In a session of its own: Ctrl-C is for us, and the server ends when we do.
            await self._client.start_io(sys.executable, *command, start_new_session=os.name == "posix")
        except OSError as error:
            raise GateError(
                f"The server for the gate could not be started: {error.strerror or error}."
            ) from error
        # Nobody else reads it, and a full pipe would stop the server.
        self._errors = asyncio.create_task(self._client._server.stderr.read())
        await self._request("initialize", self._initialize(), _START_S)
        self._client.protocol.notify("initialized", {})
        await self._until_served("", _START_S)
        await self._until_read()

    def _initialize(self) -> dict[str, Any]:
        folders = [{"uri": Path(folder).as_uri(), "name": Path(folder).name} for folder in self._folders]
        return {
            "processId": None,
            "rootUri": folders[0]["uri"] if folders else None,
            "workspaceFolders": folders or None,
            "capabilities": {"general": {"positionEncodings": ["utf-32"]}},
            "initializationOptions": {"settings": self._settings("none"), "editorTelemetry": False},
        }

    def _settings(self, adapter: str) -> dict[str, Any]:
        return {
            "model": str(self._model),
            "completion": {
                "minConfidence": 0.0,
                "debounceMs": 0,
                "adaptConfidence": False,
                "workAhead": "never",
                "maxLatencyMs": self._most_latency_ms,
            },
            "engine": {"adapter": adapter, "threads": self._threads},
            "memory": {"enabled": self._memory},
        }

    async def use(self, adapter: Path | None) -> None:
        """Serve with this adapter, or with none, from the next answer on.

        Raises:
            GateError: the server refuses it.
        """
        if self._adapter:
            # By way of the base: that an adapter serves then says that it is this one.
            await self._set("none")
        if adapter is not None:
            await self._set(str(adapter))

    async def _set(self, adapter: str) -> None:
        self._client.protocol.notify(
            "workspace/didChangeConfiguration", {"settings": self._settings(adapter)}
        )
        await self._until_served("" if adapter == "none" else adapter, _SWAP_S)

    async def _until_served(self, adapter: str, timeout: float) -> None:
        """Wait until the model is ready and serves with (or without) an adapter."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            status = await self._request(
                "workspace/executeCommand", {"command": "burnish.server.status"}, timeout
            )
            state, served = status.get("state"), status.get("adapter")
            if state == "failed":
                raise GateError(
                    f"The server for the gate cannot serve {self._model.name}: {status.get('detail')}"
                )
            if state == "ready" and bool(served) == bool(adapter):
                self._adapter = served or ""
                return
            if loop.time() > deadline:
                raise GateError(
                    f"The server for the gate did not take up the adapter {adapter or '(none)'} within {timeout:.0f} s: "
                    f"{state}, {served or 'no adapter'}. {status.get('detail') or ''}"
                )
            await asyncio.sleep(_POLL_S)

    async def _until_read(self) -> None:
        """Wait until the workspace is known, so that the first answers are given as the last ones are.

        A workspace that takes too long is judged as far as it is known.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _READ_S
        while loop.time() < deadline:
            counts = await self._request(
                "workspace/executeCommand", {"command": "burnish.server.statistics"}, _SWAP_S
            )
            if counts.get("workspaceRead"):
                return
            await asyncio.sleep(_POLL_S)

    async def ask(self, case: GateCase) -> Answer:
        """Complete a case afresh.

        Raises:
            GateError: the server fails, or another adapter answered.
        """
        path = Path(case.folder, case.path)
        params = {
            "uri": path.as_uri() if path.is_absolute() else f"untitled:{case.path}",
            "path": str(path),
            "text": case.text,
            "position": {"line": case.line, "character": case.character},
            "fresh": True,
            "maxLatencyMs": self._most_latency_ms,
        }
        answer = await self._request("burnish/complete", params, self._most_latency_ms / 1000 + 30)
        if answer.get("text") and bool(answer.get("adapter")) != bool(self._adapter):
            raise GateError(
                f"The server for the gate answered with {answer.get('adapter') or 'no adapter'}, not with "
                f"{self._adapter or 'the base model alone'}."
            )
        return Answer(
            text=str(answer.get("text") or ""),
            confidence=answer.get("confidence"),
            latency_ms=float(answer["timings"]["total_ms"]),
            dropped=str(answer.get("dropped") or ""),
        )

    async def _request(self, method: str, params: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        try:
            answer = await asyncio.wait_for(
                self._client.protocol.send_request_async(method, dict(params)), timeout
            )
        except (JsonRpcException, TimeoutError, RuntimeError, OSError) as error:
            raise GateError(
                f"The server for the gate did not answer {method}: {error or 'no answer in time'}. Its log is in "
                f"{self._home / 'logs'}."
            ) from error
        return dict(answer) if answer else {}

    async def close(self) -> None:
        """End the server, by force where it does not end by itself."""
        if self._client is None:
            return
        process = self._client._server
        if process is not None and process.returncode is None:
            with contextlib.suppress(GateError):
                await self._request("shutdown", {}, _STOP_S)
                self._client.protocol.notify("exit", None)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _STOP_S)
            if process.returncode is None:
                process.kill()
        # A server that was killed may have been in the middle of a message.
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await self._client.stop()
        if self._errors is not None:
            # A process that the server has left behind may hold the pipe open.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._errors, _STOP_S)
