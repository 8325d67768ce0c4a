"""Finding out what is known of a change: verified where the code can be run, else compared by its structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish_server.features.verifying import verdict_of
from burnish_server.perf.verdicts import Job
from burnish_server.perf.worker_process import AnalyserError
from burnish_server.refactor.standing import Standing

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer

__all__ = ["standing_of"]


async def standing_of(server: BurnishServer, job: Job, title: str) -> Standing:
    """What is known of a change, found out now where it is not known; with a progress bar where it takes time.

    Raises:
        JsonRpcRequestCancelled: the user has cancelled it.
    """
    service = server.refactor
    known = service.standing_of(job)
    if known is not None:
        return known
    if not job.function:
        return Standing()
    verdict = await verdict_of(server, job, title)
    if verdict.verdict != "unverifiable":
        return Standing(verdict)
    operation = {"op": "structure", "before": job.before, "after": job.after, "function": job.function}
    try:
        answer = await server.metrics.process.ask(operation)
        standing = Standing(verdict, bool(answer["same"]), str(answer["reason"]))
    except AnalyserError as error:
        standing = Standing(verdict, reason=str(error))
    service.remember(job, standing)
    return standing
