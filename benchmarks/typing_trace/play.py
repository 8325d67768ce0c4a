"""Playing one trace against both sides, a stretch at a time, in turn."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from burnish_server.replay.player import Outcome
from burnish_server.replay.project import materialise
from burnish_server.replay.summary import waits
from burnish_server.replay.trace import Trace
from typing_trace.sides import Burnish, Cost, Llama, Side, burnish, llama

__all__ = ["Key", "Played", "Quality", "play_patiently", "play_timed"]

STRETCH_S = 20.0
#: Before the first key both sides get so long for what they do on their own, in seconds.
HEAD_START_S = 5.0


@dataclass(frozen=True, slots=True)
class Key:
    """One key on one side. ``wait`` is milliseconds until an answer for the text (``bound``: the user left before);
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


@dataclass(frozen=True, slots=True)
class Quality:
    """An unhurried pass: keys with a text to come, how many were answered with a text, how many first lines were exact."""

    name: str
    keys: int
    shown: int
    exact: int
    milliseconds: tuple[float, ...]
    #: Of each key whether it was exact, in order: both sides' keys are the same.
    each: tuple[bool, ...]


async def play_timed(
    trace: Trace,
    project: Path,
    scratch: Path,
    model: Path,
    threads: int,
    progress: Callable[[str], None] = lambda _text: None,
) -> tuple[Played, Played]:
    """Play a trace at its own speed, Burnish first in even stretches."""
    folder = scratch / "project"
    materialise(project, trace, folder)
    async with (
        burnish(folder, scratch / "home", model, threads) as ours,
        llama(folder, model, threads, trace.seed) as theirs,
    ):
        sides: list[Side] = [ours, theirs]
        players = [side.player(trace) for side in sides]
        played = [Played(side.name) for side in sides]
        await asyncio.sleep(HEAD_START_S)
        for side, result in zip(sides, played, strict=True):
            result.before = await side.cost()
            side.stop()
        stretches = _stretches(trace)
        for number, (first, last) in enumerate(stretches):
            for which in (0, 1) if number % 2 == 0 else (1, 0):
                side, player, result = sides[which], players[which], played[which]
                progress(f"stretch {number + 1} of {len(stretches)}: {side.name}")
                side.go_on()
                since = await side.cost()
                begun = len(player.outcomes)
                await player.play(first, last)
                for outcome in player.outcomes[begun:]:
                    if outcome.failed:
                        progress(f"{side.name} failed: {outcome.failed}")
                await side.settle()
                spent = await side.cost() - since
                side.stop()
                cost = result.cost
                result.cost = Cost(
                    cost.evaluated + spent.evaluated, cost.generated + spent.generated, cost.cpu + spent.cpu
                )
                result.keys += _keys(player.outcomes[begun:], number, theirs)
        for side in sides:
            side.go_on()
    return played[0], played[1]


async def play_patiently(
    trace: Trace, project: Path, scratch: Path, model: Path, threads: int, *, gate: float | None
) -> tuple[Quality, Quality]:
    """Every answer awaited, no pauses: what either side would show if the user waited. ``gate`` is Burnish's threshold."""
    folder = scratch / "project"
    materialise(project, trace, folder)
    completion = {} if gate is None else {"minConfidence": gate}
    async with burnish(folder, scratch / "home", model, threads, maxLatencyMs=60_000, **completion) as ours:
        await asyncio.sleep(HEAD_START_S)
        own = await _patiently(ours, trace)
    async with llama(folder, model, threads, trace.seed) as theirs:
        other = await _patiently(theirs, trace)
    return own, other


async def _patiently(side: Burnish | Llama, trace: Trace) -> Quality:
    player = side.player(trace, patient=True)
    await player.play()
    failed = [outcome.failed for outcome in player.outcomes if outcome.failed]
    if failed:
        print(f"{side.name}: {len(failed)} requests failed, the first with {failed[0]}", file=sys.stderr)
    judged = [outcome for outcome in player.outcomes if outcome.wanted is not None]
    return Quality(
        side.name,
        len(judged),
        sum(outcome.shown for outcome in judged),
        sum(outcome.exact for outcome in judged),
        tuple(o.milliseconds for o in player.outcomes if o.milliseconds is not None),
        tuple(outcome.exact for outcome in judged),
    )


def _stretches(trace: Trace) -> list[tuple[int, int]]:
    """Ranges of events of some :data:`STRETCH_S`, cut where the user goes elsewhere."""
    cuts, elapsed = [0], 0.0
    for index, event in enumerate(trace.events):
        elapsed += event.pause_ms / 1000
        if elapsed >= STRETCH_S and not event.is_edit and event.kind in {"open", "switch", "jump"}:
            cuts.append(index)
            elapsed = 0.0
    return list(zip(cuts, [*cuts[1:], len(trace.events)], strict=True))


def _keys(outcomes: list[Outcome], stretch: int, theirs: Llama) -> list[Key]:
    keys = []
    for outcome, (wait, _) in zip(outcomes, waits(outcomes), strict=True):
        if wait is None:
            wait = float("nan")
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
