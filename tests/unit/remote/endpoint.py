"""A scripted HTTP endpoint on loopback: raw sockets, so that it can fail in every way a real one does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Handler = Callable[["Exchange"], Awaitable[None]]

MODEL = "team/qwen2.5-coder"


@dataclass
class Exchange:
    """One request and the socket to answer it on."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reply(self, status: int, body: str, *, kind: str = "application/json", **headers: str) -> None:
        data = body.encode()
        head = {"Content-Type": kind, "Content-Length": str(len(data)), "Connection": "close"}
        head |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.writer.write(f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + data)
        await self.writer.drain()

    async def json(self, value: Any, status: int = 200) -> None:
        await self.reply(status, json.dumps(value))

    async def start_stream(self, kind: str = "text/event-stream") -> None:
        self.writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
        await self.writer.drain()

    async def send(self, text: str) -> None:
        self.writer.write(text.encode())
        await self.writer.drain()

    async def event(self, value: Any) -> None:
        await self.send(f"data: {json.dumps(value)}\n\n")

    async def closed(self) -> None:
        """Wait until the other side closes the connection."""
        with contextlib.suppress(ConnectionError):
            await self.reader.read()


@dataclass
class Endpoint:
    """The server: a handler by path, and what it was asked."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    seen: list[Exchange] = field(default_factory=list)
    active: int = 0
    most_active: int = 0
    port: int = 0
    server: asyncio.Server | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, path: str) -> list[Exchange]:
        return [exchange for exchange in self.seen if exchange.path == path]

    async def start(self, port: int = 0) -> None:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """As kill -9 does: every socket is closed at once, and nobody listens any more."""
        if self.server is not None:
            self.server.close()
        for exchange in self.seen:
            if (transport := exchange.writer.transport) is not None:
                transport.abort()
        for task in list(self.tasks):
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)
        self.server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        try:
            exchange = await self._read(reader, writer)
            self.seen.append(exchange)
            self.active += 1
            self.most_active = max(self.most_active, self.active)
            try:
                await self.handlers.get(exchange.path, _missing)(exchange)
            finally:
                self.active -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        return Exchange(method, path, headers, json.loads(raw) if raw else None, reader, writer)


async def _missing(exchange: Exchange) -> None:
    await exchange.reply(404, '{"detail": "Not Found"}')


@contextlib.asynccontextmanager
async def running(**handlers: Handler) -> AsyncIterator[Endpoint]:
    """An OpenAI-compatible endpoint; keyword ``completions`` scripts its answers."""
    endpoint = Endpoint()
    endpoint.handlers["/v1/models"] = models
    if "completions" in handlers:
        endpoint.handlers["/v1/completions"] = handlers["completions"]
    await endpoint.start()
    try:
        yield endpoint
    finally:
        await endpoint.kill()


async def models(exchange: Exchange) -> None:
    await exchange.json({"object": "list", "data": [{"id": MODEL, "owned_by": "someone"}]})


def openai_event(
    text: str, probability: float | None = 0.5, finish: str | None = None, **top: float
) -> dict[str, Any]:
    """One event of ``/v1/completions``."""
    logprobs = None
    if probability is not None:
        others = {name: math.log(value) for name, value in top.items()}
        logprobs = {
            "tokens": [text],
            "token_logprobs": [math.log(probability)],
            "top_logprobs": [{text: math.log(probability)} | others],
        }
    return {"choices": [{"text": text, "index": 0, "logprobs": logprobs, "finish_reason": finish}]}


def says(*tokens: str, probability: float | None = 0.5, finish: str = "stop", pause: float = 0.0) -> Handler:
    """Streams these tokens, then the end."""

    async def handler(exchange: Exchange) -> None:
        await exchange.start_stream()
        for token in tokens:
            await asyncio.sleep(pause)
            await exchange.event(openai_event(token, probability))
        await exchange.event(openai_event("", None, finish))
        await exchange.send("data: [DONE]\n\n")

    return handler


def fails(status: int, body: str, *, kind: str = "application/json", **headers: str) -> Handler:
    """Refuses every request."""

    async def handler(exchange: Exchange) -> None:
        await exchange.reply(status, body, kind=kind, **headers)

    return handler


def in_turn(*handlers: Handler) -> Handler:
    """One handler after the other; the last one stays."""
    left = list(handlers)

    async def handler(exchange: Exchange) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(exchange)

    return handler
