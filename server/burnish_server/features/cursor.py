"""``burnish/cursor``: where the user looks. Its prompt is evaluated before a key is pressed.

Parameters: ``{textDocument: {uri}, position: {line, character}}``, in the negotiated position encoding. A client that
sends none loses nothing but time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from burnish_server.features import lifecycle

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["CURSOR", "register"]

CURSOR = "burnish/cursor"
#: Seconds that the cursor must rest; the client has waited as well.
_REST = 0.03


def register(server: BurnishServer) -> None:
    """Register the notification."""

    @server.feature(CURSOR)
    def cursor(params: Any) -> None:
        try:
            uri, place = str(params["textDocument"]["uri"]), params["position"]
            line, character = int(place["line"]), int(place["character"])
        except (KeyError, TypeError, ValueError) as error:
            lifecycle.log.warning("%s needs textDocument.uri and position: %r", CURSOR, error)
            return
        server.idle.at(uri, line, character, delay=_REST)
        document = server.workspace.document(uri)
        if document is not None and server.learning.follows(uri):
            server.learning.cursor(uri, document.snapshot.offset_at(line, character, server.encoding))
