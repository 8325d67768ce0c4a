"""Playing one trace against both sides, a stretch at a time, in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burnish_server.replay.player import Outcome, Player
from burnish_server.replay.project import materialise
from burnish_server.replay.summary import waits
from burnish_server.replay.trace import Trace
from typing_trace.sides import Cost, Llama, Side, burnish, llama

__all__ = ["Key", "Played", "play"]

STRETCH_S = 20.0
#: Before the first key both sides get so long for what they do on their own, in seconds.
HEAD_START_S = 5.0


@dataclass(frozen=True, slots=True)
class Key:
    """One key on one side. ``wait`` is milliseconds until an answer for the text (``bound``: the user left before, the time until then);
    ``own`` the time of its own answer where that came before the next key.
    """

    stretch: int
    landing: str
    seen: bool
    wait: float
    own: float | None
    shown: bool
    exact: bool
    judged: bool
    asks: bool
    failed: bool


@dataclass(slots=True)
class Played:
    """One side's keys and what they cost; ``before`` is what was spent until the first key."""

    name: str
    keys: list[Key] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)
    before: Cost = field(default_factory=Cost)


async def play(
    trace: Trace,
    project: Path,
    scratch: Path,
    model: Path,
    threads: int,
    progress: Callable[[str], None] = lambda _text: None,
    *,
    patient: bool = False,
    **completion: Any,
) -> tuple[Played, Played]:
    """Play a trace against both sides in turn, Burnish first in even stretches.

    ``patient`` awaits every answer; pauses, half as long, begin then. ``completion`` are settings of Burnish.
    """
    folder = scratch / "project"
    materialise(project, trace, folder)
    async with (
        burnish(folder, scratch / "home", model, threads, **completion) as ours,
        llama(folder, model, threads, trace.seed) as theirs,
    ):
        turns = [_Turn(side, side.player(trace, patient=patient), theirs) for side in (ours, theirs)]
        await asyncio.sleep(HEAD_START_S)
        for turn in turns:
            turn.played.before = await turn.side.cost()
            turn.side.stop()
        stretches = _stretches(trace)
        for number, stretch in enumerate(stretches):
            for turn in turns if number % 2 == 0 else reversed(turns):
                progress(f"stretch {number + 1} of {len(stretches)}: {turn.side.name}")
                await turn.take(number, stretch)
                for failure in turn.failures:
                    progress(f"{turn.side.name} failed: {failure}")
        for turn in turns:
            turn.side.go_on()
    return turns[0].played, turns[1].played


class _Turn:
    """One side at work, a stretch at a time; between stretches it is stopped."""

    def __init__(self, side: Side, player: Player, theirs: Llama) -> None:
        self.side, self.player = side, player
        self.played = Played(side.name)
        self.failures: list[str] = []
        self._theirs = theirs

    async def take(self, number: int, stretch: tuple[int, int]) -> None:
        """Play one stretch."""
        side, player = self.side, self.player
        side.go_on()
        since, begun = await side.cost(), len(player.outcomes)
        await player.play(*stretch)
        until = time.perf_counter()
        await side.settle()
        self.played.cost += await side.cost() - since
        side.stop()
        outcomes = player.outcomes[begun:]
        self.failures = [outcome.failed for outcome in outcomes if outcome.failed]
        self.played.keys += _keys(outcomes, number, self._theirs, until)


def _stretches(trace: Trace) -> list[tuple[int, int]]:
    """Ranges of events of some :data:`STRETCH_S`, cut where the user goes elsewhere."""
    cuts, elapsed = [0], 0.0
    for index, event in enumerate(trace.events):
        elapsed += event.pause_ms / 1000
        if elapsed >= STRETCH_S and not event.is_edit and event.kind in {"open", "switch", "jump"}:
            cuts.append(index)
            elapsed = 0.0
    return list(zip(cuts, [*cuts[1:], len(trace.events)], strict=True))


def _keys(outcomes: list[Outcome], stretch: int, theirs: Llama, until: float) -> list[Key]:
    keys = []
    for outcome, (wait, _) in zip(outcomes, waits(outcomes, until), strict=True):
        assert wait is not None
        keys.append(
            Key(
                stretch,
                outcome.event.landing,
                outcome.event.seen,
                wait,
                outcome.milliseconds,
                outcome.shown,
                outcome.exact,
                outcome.wanted is not None,
                theirs.client.asks.get(id(outcome.event), False),
                bool(outcome.failed),
            )
        )
    return keys
