"""Verifying fixes: one at a time, in a thread that only waits for sandboxed processes; each result is kept and found again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from burnish_analysis.verify.model import Call, Verdict, VerifyOptions
from burnish_server.perf.words import UNTRUSTED

__all__ = [
    "Job",
    "Listener",
    "Propose",
    "Stoppable",
    "Verdicts",
    "VerificationCancelledError",
    "Verify",
    "run_verification",
]

log = logging.getLogger(__name__)

#: Verdicts kept in memory.
_KEPT = 500

#: Told the share done (0 to 1) and what is going on, in the event loop.
Listener = Callable[[float, str], None]
#: Proposes inputs for the function of a job whose verdict is weak; none where it knows of none. Never raises.
Propose = Callable[["Job"], Awaitable[tuple[Call, ...]]]


class VerificationCancelledError(Exception):
    """Nobody waits for the verdict any longer, or the user has cancelled it."""


class Verify(Protocol):
    """What :func:`burnish_analysis.verify.verify.verify` does."""

    def __call__(
        self,
        before: str,
        after: str,
        function: str,
        options: VerifyOptions,
        *,
        progress: Callable[[float, str], object] | None,
        stop: threading.Event | None,
    ) -> Verdict:
        """Compare two versions of a function; blocks."""


def run_verification(
    before: str,
    after: str,
    function: str,
    options: VerifyOptions,
    *,
    progress: Callable[[float, str], object] | None,
    stop: threading.Event | None,
) -> Verdict:
    """Verify in the sandbox. What it needs is loaded when it is first asked for: most sessions verify nothing."""
    from burnish_analysis.verify.verify import verify

    return verify(before, after, function, options, progress=progress, stop=stop)


@dataclass(frozen=True, slots=True)
class Job:
    """Two versions of a module and the function to compare. ``options`` says where it imports from."""

    before: str
    after: str
    function: str
    options: VerifyOptions = field(default_factory=VerifyOptions)

    @property
    def key(self) -> bytes:
        """The same for the same texts, looked at as thoroughly."""
        options = self.options
        bounds = repr((options.seconds, options.inputs, options.seed, options.calls))
        digest = hashlib.sha256()
        for part in (self.before, self.after, self.function, bounds):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
        return digest.digest()


@dataclass(slots=True)
class _Running:
    task: asyncio.Task[Verdict]
    stop: threading.Event
    waiting: int = 0
    listeners: list[Listener] = field(default_factory=list)
    asking: asyncio.Future[tuple[Call, ...]] | None = None

    def halt(self) -> None:
        """Nobody wants it any more."""
        self.stop.set()
        if self.asking is not None:
            self.asking.cancel()


class Stoppable:
    """Something waited for that the user can stop from elsewhere, at any time, also before it has begun."""

    def __init__(self) -> None:
        self.stopped = False
        self._task: asyncio.Task[Verdict] | None = None

    async def wait(self, work: Coroutine[Any, Any, Verdict]) -> Verdict:
        """The verdict.

        Raises:
            VerificationCancelledError: the user has stopped it.
        """
        if self.stopped:
            work.close()
            raise VerificationCancelledError
        self._task = asyncio.get_running_loop().create_task(work)
        try:
            return await self._task
        except asyncio.CancelledError:
            if self.stopped:
                raise VerificationCancelledError from None
            raise

    def stop(self) -> None:
        """The user does not want it any more."""
        self.stopped = True
        if self._task is not None:
            self._task.cancel()


class Verdicts:
    """The verdicts of one server. Lives in one event loop.

    Args:
        home: Burnish's home folder, where verdicts are kept from session to session.
        verify: does the work.
    """

    def __init__(self, home: Path, verify: Verify | None = None) -> None:
        self._home = home
        self._verify = verify
        #: Whether code of the workspace may be run at all.
        self.trusted = True
        #: Asked for more inputs where a verdict is weak.
        self.propose: Propose | None = None
        self._known: OrderedDict[bytes, Verdict] = OrderedDict()
        #: Jobs that no earlier session knows.
        self._absent: set[bytes] = set()
        self._running: dict[bytes, _Running] = {}
        self._thread = ThreadPoolExecutor(1, "verify")
        self._reader = ThreadPoolExecutor(1, "verdicts")
        self._ended = False

    def known(self, job: Job) -> Verdict | None:
        """The verdict on these very texts, if this session has seen it."""
        return self._known.get(job.key)

    async def recall(self, job: Job) -> Verdict | None:
        """The verdict, if there is one from this session or an earlier one."""
        known = self.known(job)
        if known is None and not self._ended and job.key not in self._absent:
            known = await asyncio.get_running_loop().run_in_executor(self._reader, self._read, job)
            if known is not None:
                self._remember(job, known)
            elif len(self._absent) < _KEPT:
                self._absent.add(job.key)
            else:
                self._absent = {job.key}
        return known

    async def verdict(self, job: Job, listener: Listener | None = None) -> Verdict:
        """The verdict, verified now where it is not known. Who asks for the same at the same time shares it.

        Raises:
            VerificationCancelledError: it was cancelled, or the server ends.
        """
        known = await self.recall(job)
        if known is not None:
            return known
        if not self.trusted:
            return Verdict("unverifiable", reason=UNTRUSTED, evidence=UNTRUSTED)
        while (running := self._running.get(job.key)) is not None and running.stop.is_set():
            await asyncio.wait([running.task])
        if running is None:
            running = self._start(job)
        running.waiting += 1
        if listener is not None:
            running.listeners.append(listener)
        try:
            return await asyncio.shield(running.task)
        except asyncio.CancelledError:
            if running.task.done():
                raise VerificationCancelledError from None
            raise
        finally:
            running.waiting -= 1
            if listener is not None:
                running.listeners.remove(listener)
            if not running.waiting and not running.task.done():
                running.halt()

    def end(self) -> None:
        """Stop what runs. May be called twice."""
        self._ended = True
        for running in self._running.values():
            running.halt()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._reader.shutdown(wait=False, cancel_futures=True)

    def _start(self, job: Job) -> _Running:
        if self._ended:
            raise VerificationCancelledError
        stop = threading.Event()
        running = _Running(asyncio.get_running_loop().create_task(self._run(job, stop)), stop)
        self._running[job.key] = running
        running.task.add_done_callback(lambda task: self._finished(job, task))
        return running

    def _finished(self, job: Job, task: asyncio.Task[Verdict]) -> None:
        self._running.pop(job.key, None)
        if not task.cancelled():
            # Read, so that nobody hears of an exception that nobody waited for.
            task.exception()

    async def _run(self, job: Job, stop: threading.Event) -> Verdict:
        found = await self._verified(job, job.options, stop)
        if found.verdict == "equivalent" and found.strength == "weak":
            calls = await self._proposed(job)
            if calls and not stop.is_set():
                more = replace(job.options, calls=job.options.calls + calls)
                again = await self._verified(job, more, stop)
                found = again if again.verdict != "unverifiable" else found
        if stop.is_set():
            raise VerificationCancelledError
        if found.verdict != "unverifiable":
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write, job, found)
        self._remember(job, found)
        return found

    async def _verified(self, job: Job, options: VerifyOptions, stop: threading.Event) -> Verdict:
        loop = asyncio.get_running_loop()

        def tell(share: float, words: str) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._tell, job, share, words)

        def work() -> Verdict:
            if stop.is_set():
                raise VerificationCancelledError
            verify = self._verify or run_verification
            trusted = replace(options, trusted=self.trusted)
            try:
                found = verify(job.before, job.after, job.function, trusted, progress=tell, stop=stop)
            except Exception as error:
                log.exception("A verification failed")
                found = Verdict(
                    "unverifiable", reason=f"the verification failed: {type(error).__name__}: {error}"
                )
            if stop.is_set():
                raise VerificationCancelledError
            return found

        return await loop.run_in_executor(self._thread, work)

    async def _proposed(self, job: Job) -> tuple[Call, ...]:
        """Inputs that a model proposes."""
        running = self._running.get(job.key)
        if self.propose is None or running is None:
            return ()
        self._tell(job, 0.5, "asking the model for more inputs")
        running.asking = asyncio.ensure_future(self.propose(job))
        try:
            return await running.asking
        except asyncio.CancelledError:
            if not running.stop.is_set():
                raise
            raise VerificationCancelledError from None
        finally:
            running.asking = None

    def _tell(self, job: Job, share: float, words: str) -> None:
        running = self._running.get(job.key)
        for listener in list(running.listeners) if running is not None else ():
            listener(share, words)

    def _remember(self, job: Job, verdict: Verdict) -> None:
        self._known[job.key] = verdict
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def _read(self, job: Job) -> Verdict | None:
        from burnish_analysis.verify.cache import VerdictCache, cache_file

        file = cache_file(self._home)
        if not file.exists():
            return None
        return VerdictCache(file).get(job.before, job.after, job.function, job.options)

    def _write(self, job: Job, verdict: Verdict) -> None:
        from burnish_analysis.verify.cache import VerdictCache, cache_file

        VerdictCache(cache_file(self._home)).put(job.before, job.after, job.function, job.options, verdict)
