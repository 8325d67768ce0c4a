"""llama.cpp's own HTTP server, as a process on loopback, from the ``xllamacpp`` package (``pip install xllamacpp``)."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

__all__ = ["LlamaServer", "llama_server"]

_CODE = """
import json, sys, time, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.port, threads, p.n_ctx = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
p.hostnames = ["127.0.0.1"]
p.n_parallel = 1
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
for name, value in json.loads(sys.argv[5]).items():
    setattr(p, name, value)
server = xllamacpp.Server(p)
sys.stdin.read()
"""


class LlamaServer:
    """A client for one running server; ``pid`` is its process, ``port`` where it listens on loopback."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def _request(self, path: str, body: dict[str, Any]) -> http.client.HTTPResponse:
        # A connection of its own for each request: the server closes idle ones while the other side is timed.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        return connection.getresponse()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST and parse one JSON answer."""
        answer: dict[str, Any] = json.loads(self._request(path, body).read())
        return answer

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """POST with ``stream`` on and yield each server-sent event."""
        for line in self._request(path, {**body, "stream": True}):
            if line.startswith(b"data: ") and not line.startswith(b"data: [DONE]"):
                yield json.loads(line[6:])


@contextlib.contextmanager
def llama_server(
    model: Path, threads: int, context: int, options: dict[str, Any] | None = None
) -> Iterator[LlamaServer]:
    """Start the server, wait until it answers, end it afterwards. ``options`` sets more of llama.cpp's parameters.

    Raises:
        RuntimeError: it did not come up; its last words are in the message.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile() as log:  # a pipe that nobody reads would stop the server once it is full
        arguments = [str(model), str(port), str(threads), str(context), json.dumps(options or {})]
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            _wait(port, process, log)
            yield LlamaServer(port, process.pid)
        finally:
            process.kill()
            process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(
                "llama.cpp's server did not start: " + log.read().decode(errors="replace")[-400:]
            )
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("llama.cpp's server did not answer within 60 s")
