"""What only the editor sees of suggestions, and the command that runs when one is accepted.

``burnish/outcome`` (notification): ``{event, textDocument: {uri}, suggestion?}``; ``event`` is ``shown``, ``dismissed``,
``focusLost``, ``focusGained``, ``undo``, ``redo`` or ``formatted``. ``burnish/editorTelemetry`` (notification): ``{enabled}``, the
editor's own switch. A client that sends neither has its outcomes inferred from edits alone.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from burnish_server.features.imports import add_imports_to
from burnish_server.features.lifecycle import STATUS, current_status
from burnish_server.learning.distance import preload

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["ACCEPTED", "EDITOR_TELEMETRY", "OUTCOME", "RecordingWatch", "register"]

log = logging.getLogger("burnish_server")

ACCEPTED = "burnish.server.accepted"
OUTCOME = "burnish/outcome"
EDITOR_TELEMETRY = "burnish/editorTelemetry"
#: Seconds between two looks at whether another process has turned recording on or off.
WATCH_SECONDS = 2.0


class RecordingWatch:
    """Sends ``burnish/status`` when recording begins or ends."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self._known = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch from now on."""
        if self._timer is None:
            self.look()
            self._timer = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._look_again)

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self) -> None:
        """Send the status if recording has begun or ended."""
        now = self._server.learning.recording
        if now != self._known:
            self._known = now
            if now:
                asyncio.get_running_loop().run_in_executor(None, _preload)
            self._server.protocol.notify(STATUS, current_status(self._server))

    def _look_again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._look_again)
        self.look()


def _preload() -> None:
    """Load what recording needs, so that no edit waits for it."""
    preload()
    importlib.import_module("burnish_telemetry.redaction")


def register(server: BurnishServer) -> None:
    """Register the notifications and the command."""
    server.at_end(server.recording_watch.stop)

    @server.feature(OUTCOME)
    def outcome(params: Any) -> None:
        try:
            event, uri = str(params["event"]), str(params["textDocument"]["uri"])
            identity = str(params.get("suggestion") or "")
        except (KeyError, TypeError, AttributeError) as error:
            log.warning("%s needs event and textDocument.uri: %r", OUTCOME, error)
            return
        if not server.learning.reported(event, uri, identity):
            log.warning("%s knows no event %r.", OUTCOME, event)

    @server.feature(EDITOR_TELEMETRY)
    def editor_telemetry(params: Any) -> None:
        enabled = params.get("enabled") if isinstance(params, dict) else None
        if not isinstance(enabled, bool):
            log.warning(
                "%s needs enabled, true or false; recording stops until it is told.", EDITOR_TELEMETRY
            )
        server.learning.editor_telemetry = enabled is True
        server.recording_watch.look()

    @server.command(ACCEPTED)
    async def accepted(*arguments: Any) -> dict[str, Any]:
        given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)
        match given:
            case [str(uri), str(identity)]:
                imports: list[object] = []
            case [str(uri), str(identity), list(imports)]:
                pass
            case _:
                raise JsonRpcInvalidParams(
                    f"{ACCEPTED} needs a document's URI, a suggestion's id and a list of import statements."
                )
        server.learning.accepted(uri, identity)
        return {"added": await add_imports_to(server, uri, imports)}
