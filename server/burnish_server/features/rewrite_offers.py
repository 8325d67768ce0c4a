"""What the record is told of a version that a model proposed and that was proved."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from burnish_models.engine.base import Engine
from burnish_server.learning.distance import changes
from burnish_server.rewrite.asking import Answer
from burnish_server.rewrite.model import Kept
from burnish_server.rewrite.prompting import tokens_wanted
from burnish_server.rewrite.target import Target
from burnish_telemetry.events import ENDPOINT, ActionOffered, Display, Place, Sampling

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["RULE", "offered"]

#: Under which name these stand in the record.
RULE = "model-rewrite"


def offered(
    server: BurnishServer, uri: str, target: Target, kept: Kept, answer: Answer, engine: Engine, began: float
) -> str:
    """Tell the record that a version is shown; where the user has not agreed nothing is told. Returns its id, or nothing.

    Args:
        began: when it was asked for, by the monotonic clock.
    """
    start, end, after = _span(kept)
    before = kept.before[start:end]
    model, adapter = engine.describe().model, None
    if answer.elsewhere:
        model = f"{ENDPOINT}{model}"
    else:
        model, adapter = server.adapters.base_sha256 or model, server.adapters.served(answer.adapter).id
    client = server.surroundings.client

    def event(identity: str, place: Place) -> ActionOffered:
        return ActionOffered(
            suggestion=identity,
            place=place,
            client=client,
            rule=RULE,
            title=kept.title,
            before=before,
            after=after,
            verdict="tested",
            speedup=kept.verdict.speedup.median if kept.verdict.speedup else None,
            model=model,
            adapter=adapter,
            sampling=Sampling(answer.temperature, answer.seed, tokens_wanted(target)),
            tokens=answer.tokens,
            latency_ms=round((time.monotonic() - began) * 1000, 1),
            display=Display(shown=True, invoked=True),
        )

    return server.learning.offered_action(uri, kept.before, (start, end), event)


def _span(kept: Kept) -> tuple[int, int, str]:
    """The lines that change, as one span of the text before, and what comes there."""
    old, new = kept.before.splitlines(keepends=True), kept.after.splitlines(keepends=True)
    found = list(changes(old, new))
    first, last = found[0][0], found[-1][1]
    start, end = sum(map(len, old[:first])), sum(map(len, old[:last]))
    left = len(kept.before) - end
    return start, end, kept.after[start : len(kept.after) - left]
