"""What the record is told of a fix that is offered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from burnish_server.perf.look import Look
from burnish_server.perf.model import Found
from burnish_server.perf.words import badge
from burnish_telemetry.events import ActionOffered, Display, Place

if TYPE_CHECKING:
    from burnish_analysis.verify.model import Verdict
    from burnish_server.server import BurnishServer

__all__ = ["offered"]


def offered(
    server: BurnishServer, uri: str, look: Look, found: Found, verdict: Verdict | None, began: float
) -> str:
    """Tell the record that a fix is offered; where the user has not agreed nothing is told. Returns the offer's id, or nothing.

    Args:
        began: when the offer was asked for, by the monotonic clock.
    """
    before, after = found.replaced(look.source.text)
    client = server.surroundings.client

    def event(identity: str, place: Place) -> ActionOffered:
        return ActionOffered(
            suggestion=identity,
            place=place,
            client=client,
            rule=found.rule,
            title=found.title,
            before=before,
            after=after,
            verdict=badge(found, verdict),
            speedup=verdict.speedup.median if verdict is not None and verdict.speedup else None,
            latency_ms=round((time.monotonic() - began) * 1000, 1),
            display=Display(shown=True, invoked=True),
        )

    def problems() -> int:
        now = server.perf.last(uri)
        return 0 if now is None else int(now.broken)

    return server.learning.offered_action(uri, look.source.text, found.own, event, problems)
