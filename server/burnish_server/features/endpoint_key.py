"""``burnish/endpointKey``: the client hands over the team endpoint's key from its secret store."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["ENDPOINT_KEY", "register"]

log = logging.getLogger("burnish_server")

ENDPOINT_KEY = "burnish/endpointKey"


def register(server: BurnishServer) -> None:
    """Register the notification ``{endpoint: string, key: string}``; an empty key forgets the one before."""

    @server.feature(ENDPOINT_KEY)
    def endpoint_key(params: Any) -> None:
        given = params if isinstance(params, dict) else {}
        endpoint, key = given.get("endpoint"), given.get("key")
        if not isinstance(endpoint, str) or not isinstance(key, str) or not endpoint:
            # Says nothing of what it got: it may be the key in the wrong place.
            log.error("%s needs an endpoint and a key, both strings.", ENDPOINT_KEY)
            return
        server.host.set_endpoint_key(endpoint, key)
