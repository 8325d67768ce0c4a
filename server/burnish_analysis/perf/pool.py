"""Work through many files in several processes, so that no file can stop the others."""

from __future__ import annotations

import gc
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Sized", "default_jobs", "each"]

T = TypeVar("T")
R = TypeVar("R")

#: Less source than this is faster looked at than a process is started.
_WORTH_A_PROCESS = 300_000
#: Small enough to share the work out evenly, large enough to cost no time in handing over.
_PORTION = 250_000
#: So much source is looked at before what it left in memory is collected.
_COLLECT_AFTER = 2_000_000


@dataclass(frozen=True, slots=True)
class Sized(Generic[T]):
    """A piece of work and about how many bytes it is."""

    work: T
    size: int


def default_jobs() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(
    function: Callable[[T], R],
    work: Sequence[Sized[T]],
    *,
    jobs: int,
    lost: Callable[[T], R],
    done: Callable[[int], None] = lambda _: None,
) -> list[R]:
    """Call a function for every piece, in processes where that pays; results in the order of ``work``.

    Args:
        function: can be pickled. lost: the result for a piece that ended its process.
        done: told how many more pieces are finished, now and then.
    """
    total = sum(piece.size for piece in work)
    jobs = min(jobs, max(1, total // _WORTH_A_PROCESS), len(work))
    if jobs <= 1:
        results = []
        for result in _run(function, work):
            results.append(result)
            done(1)
        return results
    return _in_processes(function, work, jobs, lost, done)


def _in_processes(
    function: Callable[[T], R],
    work: Sequence[Sized[T]],
    jobs: int,
    lost: Callable[[T], R],
    done: Callable[[int], None],
) -> list[R]:
    results: dict[int, R] = {}
    portions = _portions(work)
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context())
    try:
        waiting: dict[Future[list[R]], list[int]] = {}
        for portion in portions:
            waiting[pool.submit(_all, function, [work[number] for number in portion])] = portion
        while waiting:
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                portion = waiting.pop(future)
                results.update(zip(portion, future.result(), strict=True))
                done(len(portion))
    except BrokenProcessPool:
        # One of the pieces ended its process; every process of the pool is gone with it.
        pool.shutdown(wait=True, cancel_futures=True)
        for number, piece in enumerate(work):
            if number not in results:
                results[number] = _alone(function, piece, lost)
                done(1)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return [results[number] for number in range(len(work))]


def _alone(function: Callable[[T], R], piece: Sized[T], lost: Callable[[T], R]) -> R:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context()) as pool:
        try:
            return pool.submit(_all, function, [piece]).result()[0]
        except BrokenProcessPool:
            return lost(piece.work)


def _portions(work: Sequence[Sized[T]]) -> list[list[int]]:
    """Numbers of pieces, put together to about equal portions, the largest pieces first."""
    portions: list[list[int]] = []
    size = _PORTION
    for number in sorted(range(len(work)), key=lambda number: -work[number].size):
        if size >= _PORTION:
            portions.append([])
            size = 0
        portions[-1].append(number)
        size += work[number].size
    return portions


def _all(function: Callable[[T], R], work: Sequence[Sized[T]]) -> list[R]:
    return list(_run(function, work))


def _run(function: Callable[[T], R], work: Sequence[Sized[T]]) -> Iterator[R]:
    """Call a function for every piece without the collector's pauses: syntax trees are large and nothing of them is garbage yet."""
    was_on = gc.isenabled()
    gc.disable()
    size = 0
    try:
        for piece in work:
            with warnings.catch_warnings():
                # The compiler warns on stderr of what others should mend, such as the escape "\\d".
                warnings.simplefilter("ignore", SyntaxWarning)
                warnings.simplefilter("ignore", DeprecationWarning)
                result = function(piece.work)
            yield result
            size += piece.size
            if size > _COLLECT_AFTER:
                gc.collect()
                size = 0
    finally:
        if was_on:
            gc.enable()
