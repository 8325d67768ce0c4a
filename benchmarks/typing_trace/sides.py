"""The two sides of the comparison: their servers, their cost, and taking turns."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peer import llama_server

from burnish_models.gguf_file import inspect
from burnish_server.replay.editor import Editor
from burnish_server.replay.player import Player, Subject
from burnish_server.replay.processes import ProcessTree
from burnish_server.replay.trace import Trace
from typing_trace.llama_vscode import N_PREDICT, SERVER_OPTIONS, LlamaVscode

__all__ = ["Burnish", "Cost", "Llama", "Side", "burnish", "llama"]

SHORT_CONTEXT = 8192


@dataclass(frozen=True, slots=True)
class Cost:
    """What a side has spent so far: tokens of prompts evaluated, tokens generated, processor seconds."""

    evaluated: int = 0
    generated: int = 0
    cpu: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.evaluated + other.evaluated, self.generated + other.generated, self.cpu + other.cpu)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.evaluated - other.evaluated, self.generated - other.generated, self.cpu - other.cpu)


class Side(ABC):
    """One side: it plays a stretch while the other is stopped."""

    name = ""

    def __init__(self, processes: ProcessTree) -> None:
        self.processes = processes

    @property
    @abstractmethod
    def subject(self) -> Subject:
        """Who is asked."""

    @abstractmethod
    async def cost(self) -> Cost:
        """What was spent so far."""

    @abstractmethod
    async def settle(self) -> None:
        """Let what nobody waits for any more come to its end."""

    def stop(self) -> None:
        """Stop its processes."""
        self.processes.stop()

    def go_on(self) -> None:
        """Let its processes go on."""
        self.processes.go_on()

    def player(self, trace: Trace, *, patient: bool = False) -> Player:
        """A player for this side; a patient one types twice as fast between answers."""
        return Player(trace, self.subject, patient=patient, speed=2.0 if patient else 1.0)


class Burnish(Side):
    """The language server."""

    name = "burnish"

    def __init__(self, editor: Editor) -> None:
        super().__init__(ProcessTree(editor.pid))
        self.editor = editor

    @property
    def subject(self) -> Subject:
        """The editor in front of it."""
        return self.editor

    async def cost(self) -> Cost:
        """As the server counts."""
        counted = await self.editor.statistics()
        return Cost(counted["evaluatedTokens"], counted["generatedTokens"], self.processes.cpu_seconds())

    async def settle(self) -> None:
        """Background work that a stop would cut short gets a moment."""
        await asyncio.sleep(0.3)


class Llama(Side):
    """llama.cpp's server behind the extension's logic."""

    name = "llama.cpp"

    def __init__(self, client: LlamaVscode, pid: int) -> None:
        super().__init__(ProcessTree(pid))
        self.client = client

    @property
    def subject(self) -> Subject:
        """The extension."""
        return self.client

    async def cost(self) -> Cost:
        """As the server says in its answers."""
        return Cost(self.client.evaluated_tokens, self.client.generated_tokens, self.processes.cpu_seconds())

    async def settle(self) -> None:
        """Requests on their way are waited for: the server never aborts them."""
        for _ in range(600):
            await asyncio.sleep(0.1)
            if self.client.idle:
                return

    def stop(self) -> None:
        """Stop the server, and time for the extension."""
        self.client.stop()
        super().stop()

    def go_on(self) -> None:
        """Both go on."""
        super().go_on()
        self.client.go_on()


@contextlib.asynccontextmanager
async def burnish(
    folder: Path, home: Path, model: Path, threads: int, **completion: Any
) -> AsyncIterator[Burnish]:
    """Start the language server with its default settings but the model and the threads."""
    settings: dict[str, Any] = {"model": str(model), "engine": {"threads": threads}, "completion": completion}
    editor = await Editor.start(folder, home, settings)
    try:
        yield Burnish(editor)
    finally:
        await editor.close()


@contextlib.asynccontextmanager
async def llama(folder: Path, model: Path, threads: int, seed: int) -> AsyncIterator[Llama]:
    """Start llama.cpp's server as the extension's help says.

    Where the model's context is short, the server is also told how many tokens will be asked for: ``/infill`` leaves no room
    for them otherwise, and then refuses its own prompt.
    """
    short = (inspect(model).context_length or 0) < SHORT_CONTEXT
    options = {**SERVER_OPTIONS, "n_predict": N_PREDICT} if short else SERVER_OPTIONS
    with llama_server(model, threads, 0, options) as server:
        client = LlamaVscode(server.port, folder, seed)
        try:
            yield Llama(client, server.pid)
        finally:
            await client.close()
