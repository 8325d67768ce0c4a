"""Connecting servers to clients: one over stdio, or any number over TCP that share one engine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from pygls.io_ import StdoutWriter, run_async

from burnish_server.completion.adaptation import Adaptation
from burnish_server.completion.pipeline import Pipeline
from burnish_server.context.feed import GraphFeed
from burnish_server.context.source import ContextSource
from burnish_server.engine_host import EngineHost
from burnish_server.errors import ServerStartError
from burnish_server.power import PowerMonitor
from burnish_server.server import create_server
from burnish_server.settings import Settings

__all__ = ["serve_stdio", "serve_tcp", "stop_on_signals"]

log = logging.getLogger(__name__)

_READ_BYTES = 1 << 16
#: A message (a whole file at ``didOpen``) may be this long.
_LINE_LIMIT = 1 << 20


class _FairReader:
    """Lets what a message has started take its first step before the next message is handled.

    Without it a cancellation could overtake the request it is for, and a request could see a later text.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readline(self) -> bytes:
        """The next header line; empty at the end of the stream or when it breaks off."""
        await asyncio.sleep(0)
        try:
            return await self._reader.readline()
        except (ConnectionError, ValueError) as error:
            log.error("The connection to the client broke: %s", error)
            return b""

    async def readexactly(self, count: int) -> bytes:
        """The next ``count`` bytes; empty when the stream ends first."""
        try:
            return await self._reader.readexactly(count)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            log.error("The connection to the client broke: %s", error)
            return b""


class _StreamWriter:
    """A TCP connection as pygls' writer."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Queue a message; one for a client that has gone is dropped."""
        if not self._writer.is_closing():
            self._writer.write(data)

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def serve_stdio(host: EngineHost) -> int:
    """Serve the one client on stdin and stdout until it sends ``exit`` or goes away.

    Whatever else writes to stdout from now on lands on stderr, so that it cannot garble the protocol.

    Returns:
        The exit status: 0 after ``shutdown`` and ``exit``, else 1.
    """
    output = _take_stdout()
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    _feed_from(sys.stdin.fileno(), reader)
    pipeline = _pipeline(host)
    try:
        return await _serve_client(host, reader, StdoutWriter(output), pipeline)
    finally:
        await _close(host, pipeline)


async def serve_tcp(host: EngineHost, address: str, port: int, listening: Callable[[int], None]) -> None:
    """Serve any number of clients until the task is cancelled; they share the engine and its answers.

    Args:
        host: the engine they share.
        address: the interface to listen on.
        port: 0 picks a free one.
        listening: called with the port once connections are accepted.

    Raises:
        ServerStartError: the port cannot be listened on.
    """
    pipeline = _pipeline(host)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        log.info("A client connected from %s.", writer.get_extra_info("peername"))
        try:
            await _serve_client(host, reader, _StreamWriter(writer), pipeline)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    try:
        listener = await asyncio.start_server(client, address, port, limit=_LINE_LIMIT)
    except OSError as error:
        raise ServerStartError(
            f"Cannot listen on {address}:{port}: {error.strerror or error}. Choose another port with --port, "
            "or 0 for a free one."
        ) from error
    try:
        async with listener:
            listening(listener.sockets[0].getsockname()[1])
            await listener.serve_forever()
    finally:
        await _close(host, pipeline)


def _pipeline(host: EngineHost) -> Pipeline:
    context = ContextSource(GraphFeed(host.home))
    pipeline = Pipeline(
        host,
        Settings().completion,
        spare=PowerMonitor().spare,
        context=context,
        adaptation=Adaptation(host.home / "confidence"),
    )
    host.on_reload(pipeline.reset)
    host.adapters.on_swap(pipeline.swapped)
    return pipeline


async def _close(host: EngineHost, pipeline: Pipeline) -> None:
    if pipeline.context is not None:
        await pipeline.context.feed.close()
    if pipeline.adaptation is not None:
        pipeline.adaptation.flush()
    await host.close()


async def _serve_client(
    host: EngineHost,
    reader: asyncio.StreamReader,
    writer: StdoutWriter | _StreamWriter,
    pipeline: Pipeline,
) -> int:
    server = create_server(host, pipeline)
    stop = threading.Event()
    status = 1

    def exit_with(code: int) -> None:
        nonlocal status
        status = code
        stop.set()

    server.protocol.on_exit = exit_with
    server.protocol.set_writer(writer)
    try:
        await run_async(
            stop_event=stop,
            reader=_FairReader(reader),
            protocol=server.protocol,
            logger=log,
            error_handler=server.report_server_error,
        )
    except BrokenPipeError:
        log.error("The client closed its end while a message was being sent.")
    finally:
        server.disconnect()
        server.protocol.cancel_requests()
        await asyncio.to_thread(server.learning.close)
    return status


def _take_stdout() -> BinaryIO:
    """The real stdout for the protocol alone; file descriptor 1 becomes stderr."""
    sys.stdout.flush()
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return output


def _feed_from(descriptor: int, reader: asyncio.StreamReader) -> None:
    """Pump a blocking file descriptor into ``reader`` from a thread that never keeps the process alive."""
    loop = asyncio.get_running_loop()

    def feed(data: bytes) -> None:
        if data:
            reader.feed_data(data)
        else:
            reader.feed_eof()

    def pump() -> None:
        data = b"-"
        while data:
            try:
                data = os.read(descriptor, _READ_BYTES)
            except OSError:
                data = b""
            try:
                loop.call_soon_threadsafe(feed, data)
            except RuntimeError:
                return

    threading.Thread(target=pump, name="burnish-stdin", daemon=True).start()


def stop_on_signals() -> None:
    """Make SIGTERM and SIGINT cancel the running task, so that the engine is closed in order."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    if task is None or sys.platform == "win32":
        return
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
