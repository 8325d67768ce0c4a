"""Where and by whom suggestions are made, as the server knows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pygls.uris import to_fs_path

from burnish_server.completion.model import CompletionResult
from burnish_server.learning.suggested import Source
from burnish_telemetry.events import ENDPOINT, Place

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["ServerSurroundings"]


class ServerSurroundings:
    """The workspace, the engine and the client of one server."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        #: The editor's name and version.
        self.client = ""

    def place(self, uri: str) -> Place | None:
        """The file below its workspace folder. ``None`` for what is no file: nobody could exclude it."""
        name = to_fs_path(uri) if urlsplit(uri).scheme == "file" else None
        if name is None:
            return None
        path = Path(name)
        roots = [Path(root) for folder in self._server.workspace.folders if (root := to_fs_path(folder))]
        inside = [root for root in roots if path.is_relative_to(root)]
        if not inside:
            return Place("", str(path))
        folder = max(inside, key=lambda root: len(root.parts))
        return Place(str(folder), path.relative_to(folder).as_posix())

    def source(self, result: CompletionResult) -> Source:
        """Who made a result: this machine's model, or the one behind a team's endpoint, which goes by its name."""
        engine, adapters = self._server.host.engine, self._server.adapters
        if result.origin is not None and result.origin.answer.elsewhere:
            return Source(ENDPOINT + result.model)
        if engine is None:
            return Source(result.model, result.adapter)
        served = adapters.served(result.adapter)
        return Source(adapters.base_sha256 or result.model, served.id, served.comparison)
