"""A run in the sandbox that an event can end."""

from __future__ import annotations

import asyncio
import threading
from typing import Protocol

from burnish_analysis.sandbox.model import Kind, Level, Limits, Outcome, Program
from burnish_analysis.sandbox.run import available, run, run_async

__all__ = ["StopLike", "run_stoppable"]

_POLL_S = 0.05


class StopLike(Protocol):
    """What tells that nobody waits any more: a :class:`threading.Event`."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


def run_stoppable(program: Program, limits: Limits, *, least: Level, stop: StopLike | None = None) -> Outcome:
    """:func:`burnish_analysis.sandbox.run.run`, ended when ``stop`` is set. Blocks; may be called from any thread.

    Raises:
        SandboxError: as ``run`` does.
    """
    if stop is None:
        return run(program, limits, least=least)
    found: list[Outcome | BaseException] = []

    def body() -> None:
        try:
            found.append(asyncio.run(_until(program, limits, least, stop)))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            found.append(error)

    # The caller's thread may have an event loop of its own.
    thread = threading.Thread(target=body, name="burnish-stoppable", daemon=True)
    thread.start()
    thread.join()
    result = found[0]
    if isinstance(result, BaseException):
        raise result
    return result


async def _until(program: Program, limits: Limits, least: Level, stop: StopLike) -> Outcome:
    work = asyncio.ensure_future(run_async(program, limits, least=least))
    while not work.done():
        await asyncio.wait([work], timeout=_POLL_S)
        if stop.is_set() and not work.done():
            work.cancel()
            await asyncio.wait([work])
            return Outcome(Kind.KILLED, available(), message="The run was cancelled.")
    return work.result()
