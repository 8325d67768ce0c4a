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

__all__ = ["offered", "told"]


def offered(
    server: BurnishServer,
    uri: str,
    look: Look,
    found: Found,
    verdict: Verdict | None,
    began: float,
    known: str = "",
) -> str:
    """Tell the record that a fix is offered; where the user has not agreed nothing is told. Returns the offer's id, or nothing.

    Args:
        began: when the offer was asked for, by the monotonic clock. known: what is known of it, where that is not the verdict's badge.
    """
    speedup = verdict.speedup.median if verdict is not None and verdict.speedup else None
    texts = found.replaced(look.source.text)
    what = known or badge(found, verdict)
    return told(
        server, uri, look.source.text, found.own, texts, found.rule, found.title, what, began, speedup
    )


def told(
    server: BurnishServer,
    uri: str,
    text: str,
    span: tuple[int, int],
    replaced: tuple[str, str],
    rule: str,
    title: str,
    known: str,
    began: float,
    speedup: float | None = None,
) -> str:
    """Tell the record of any change that is offered; see :func:`offered`.

    Args:
        text: of the document. span: what of it is replaced. replaced: what stands there before and after. known: of the change.
    """
    client = server.surroundings.client

    def event(identity: str, place: Place) -> ActionOffered:
        return ActionOffered(
            suggestion=identity,
            place=place,
            client=client,
            rule=rule,
            title=title,
            before=replaced[0],
            after=replaced[1],
            verdict=known,
            speedup=speedup,
            latency_ms=round((time.monotonic() - began) * 1000, 1),
            display=Display(shown=True, invoked=True),
        )

    def problems() -> int:
        now = server.perf.last(uri)
        return 0 if now is None else int(now.broken)

    return server.learning.offered_action(uri, text, span, event, problems)
