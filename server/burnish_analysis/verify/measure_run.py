"""A run in the sandbox that an event can end."""

from __future__ import annotations

import asyncio
import threading

from burnish_analysis.sandbox.model import Isolation, Kind, Level, Limits, Outcome, Program
from burnish_analysis.sandbox.run import available, run, run_async

__all__ = ["run_stoppable"]

_TICK_S = 0.05


def run_stoppable(
    program: Program, limits: Limits, *, least: Level, stop: threading.Event | None = None
) -> Outcome:
    """:func:`burnish_analysis.sandbox.run.run`, ended when ``stop`` is set.

    Raises:
        SandboxError: as ``run`` does.
    """
    if stop is None:
        return run(program, limits, least=least)
    return asyncio.run(_until(program, limits, least, stop))


async def _until(program: Program, limits: Limits, least: Level, stop: threading.Event) -> Outcome:
    work = asyncio.ensure_future(run_async(program, limits, least=least))
    while not work.done():
        if stop.is_set():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            found: Isolation = available()
            return Outcome(Kind.KILLED, found, message="The run was cancelled.")
        await asyncio.wait([work], timeout=_TICK_S)
    return work.result()
