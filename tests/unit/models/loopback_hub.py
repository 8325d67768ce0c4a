"""A real HTTP server on the loopback interface that serves one file and fails on demand."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from burnish_models.catalog import CatalogEntry


@dataclass
class Hub:
    """What the server serves, how the next requests go wrong (``script``), and what was asked.

    Steps of the script: ``ok``, ``cut N`` (close after N bytes), ``status N``, ``after N`` (503 with
    Retry-After), ``whole`` (ignore the range), ``shift`` (answer with another range), ``garbage`` (wrong
    bytes), ``stall``.
    """

    content: bytes
    etag: str = '"v1"'
    script: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    redirect: bool = False
    linked_etag: str | None = None
    linked_size: int | None = None
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/file"

    def entry(self, **changes: object) -> CatalogEntry:
        values: dict[str, object] = {
            "name": "tiny",
            "title": "Tiny",
            "file": "tiny.gguf",
            "size_bytes": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "licence": "Apache-2.0",
            "parameters": 1000,
            "quantization": "Q8_0",
            "context_length": 512,
            "vocabulary_size": 64,
            "embedding_length": 32,
            "kv_bytes_per_token": 128,
            "url": self.url,
        }
        return CatalogEntry(**{**values, **changes})  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""

    def do_GET(self) -> None:
        hub = self.hub
        if hub.redirect and self.path == "/file":
            self._redirect()
            return
        hub.requests.append(dict(self.headers.items()))
        step, _, number = (hub.script.pop(0) if hub.script else "ok").partition(" ")
        if step in ("status", "after"):
            self._fail(int(number) if step == "status" else 503, number if step == "after" else None)
            return
        start = self._start(step)
        if start is None:
            return
        body = hub.content[start:]
        if step == "garbage":
            body = bytes(len(body))
        if step == "cut":
            body = body[: int(number)]
        if step == "stall":
            self.wfile.write(body[:100])
            self.wfile.flush()
            hub.released.wait(30)
            self.close_connection = True
            return
        self.wfile.write(body)
        if step == "cut":
            self.close_connection = True

    def _start(self, step: str) -> int | None:
        """Send the headers; the first byte of the body, or None where there is none."""
        hub, total = self.hub, len(self.hub.content)
        asked = self.headers.get("Range")
        valid = self.headers.get("If-Range", hub.etag) == hub.etag
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and valid and step != "whole" else 0
        if start >= total:
            self._fail(416, None)
            return None
        self.send_response(206 if start else 200)
        if start:
            shifted = start + (step == "shift")
            self.send_header("Content-Range", f"bytes {shifted}-{total - 1}/{total}")
        self.send_header("Content-Length", str(total - start))
        self.send_header("ETag", hub.etag)
        self.end_headers()
        return start

    def _fail(self, status: int, retry_after: str | None) -> None:
        self.send_response(status)
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _redirect(self) -> None:
        hub = self.hub
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{hub.port}/storage")
        if hub.linked_etag is not None:
            self.send_header("X-Linked-Etag", f'"{hub.linked_etag}"')
        self.send_header("X-Linked-Size", str(hub.linked_size or len(hub.content)))
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def serving(content: bytes) -> Iterator[Hub]:
    """A hub that serves ``content`` until the block ends."""
    hub = Hub(content)
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        hub.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.released.set()
            server.shutdown()
            thread.join()
