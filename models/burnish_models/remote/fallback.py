"""A remote engine with the local one behind it: whoever asks always gets an answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import replace

from burnish_models.engine.base import Chunk, Engine, EngineInfo, Finish, GenerateRequest, Timings
from burnish_models.errors import EngineError, EngineStartError, ModelsError
from burnish_models.remote.breaker import Breaker
from burnish_models.remote.engine import RemoteEngine
from burnish_models.remote.errors import RemoteError

__all__ = ["FallbackEngine"]

_log = logging.getLogger(__name__)

#: Of a request's time, the endpoint may keep this share in silence before the local model takes over.
_SHARE = 0.5

_NOTHING = Finish("stop", Timings(), 0, 0, 0)
OnState = Callable[[EngineInfo], None]


class FallbackEngine:
    """Asks the endpoint; the local model answers, or finishes an answer, where that fails.

    Text that was yielded stands: the local model goes on from it. While the endpoint is given up (see
    :class:`~burnish_models.remote.breaker.Breaker`), requests go to the local model at once. Adapters belong to the
    local model.

    Args:
        make_remote, make_local: make the engines; each gets the function to call with its changes of state.
        on_state: called whenever :meth:`describe` would answer something new.
        patience_s: longest silence of the endpoint, where the request's deadline leaves that much.
        first_pause_s: pause before the endpoint is checked again, the first time.
    """

    def __init__(
        self,
        make_remote: Callable[[OnState], RemoteEngine],
        make_local: Callable[[OnState], Engine],
        *,
        on_state: OnState | None = None,
        patience_s: float = 2.0,
        first_pause_s: float = 1.0,
    ) -> None:
        self._on_state = on_state or (lambda _info: None)
        self._remote = make_remote(lambda _info: self._changed())
        self._local = make_local(lambda _info: self._changed())
        self._patience_s = patience_s
        self._breaker = Breaker(self._remote.load, self._changed, first_pause_s=first_pause_s)
        self._remote_serves = True
        self._loading: asyncio.Task[None] | None = None

    @property
    def remote(self) -> RemoteEngine:
        """The engine that asks the endpoint."""
        return self._remote

    @property
    def remote_serves(self) -> bool:
        """Whether the endpoint gave the last answer (or will give the first)."""
        return self._remote_serves

    def describe(self) -> EngineInfo:
        """Whoever serves now; ``backend`` names the endpoint, ``detail`` says why the local model serves."""
        remote, local = self._remote.describe(), self._local.describe()
        extra = {**local.extra, **remote.extra, "serving": "remote" if self._remote_serves else "local"}
        if self._remote_serves:
            state = "ready" if remote.state == "ready" or local.state == "ready" else remote.state
            return replace(remote, state=state, extra=extra)
        backend = f"{local.backend}, in place of {self._remote.host}"
        detail = f"The local model serves: {self._breaker.why}" if self._breaker.why else ""
        if local.state != "ready" and local.detail:
            detail = f"{detail} {local.detail}".strip()
        return replace(local, backend=backend, detail=detail, extra=extra)

    def _changed(self) -> None:
        self._on_state(self.describe())

    def _serve(self, *, remote: bool, why: str = "") -> None:
        if remote == self._remote_serves:
            return
        self._remote_serves = remote
        _log.info("%s serves now. %s", self._remote.host if remote else "The local model", why)
        self._changed()

    async def load(self) -> None:
        """Start both; returns as soon as one of them can answer.

        Raises:
            ModelsError: neither can.
        """
        self._loading = asyncio.create_task(self._local.load(), name="burnish-local")
        self._loading.add_done_callback(_retrieved)
        try:
            await self._remote.load()
        except RemoteError as error:
            self._breaker.open(error)
            self._serve(remote=False, why=str(error))
            try:
                await asyncio.shield(self._loading)
            except (ModelsError, OSError) as failure:
                raise EngineStartError(f"{error} The local model cannot serve either: {failure}") from failure
        except BaseException:
            self._loading.cancel()
            raise
        self._changed()

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        """Stream the answer to ``request``. Closing the iterator early cancels it, wherever it runs.

        Raises:
            EngineError: neither could answer.
        """
        if not request.generate and self._remote_serves:
            yield Chunk("", _NOTHING)
            return
        if not self._breaker.admit() or not request.generate:
            async with contextlib.aclosing(_stream(self._local, request)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        if request.background:
            async with contextlib.aclosing(self._in_background(request)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        began = time.perf_counter()
        text, told = "", False
        try:
            stream = self._remote.ask(request, self._patience(request))
            async with contextlib.aclosing(stream) as chunks:
                async for chunk in chunks:
                    text += chunk.text
                    if chunk.finish is not None:
                        told = True
                        self._breaker.succeeded()
                    self._serve(remote=True)
                    yield chunk
            return
        except RemoteError as error:
            told = True
            failure = error
        finally:
            if not told:
                self._breaker.withdrawn()
        self._breaker.failed(failure)
        self._serve(remote=False, why=str(failure))
        spent = (time.perf_counter() - began) * 1000
        async with contextlib.aclosing(self._take_over(request, text, spent, failure)) as rest:
            async for chunk in rest:
                yield chunk

    async def _in_background(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        """An answer that nobody waits for: the endpoint gives it or nobody does, and its failure says nothing of completions."""
        try:
            async with contextlib.aclosing(_stream(self._remote, request)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self._breaker.withdrawn()

    def _patience(self, request: GenerateRequest) -> float:
        if request.deadline_ms is None:
            return self._patience_s
        return min(self._patience_s, request.deadline_ms / 1000 * _SHARE)

    async def _take_over(
        self, request: GenerateRequest, text: str, spent_ms: float, failure: RemoteError
    ) -> AsyncGenerator[Chunk, None]:
        """The rest of an answer whose beginning ``text`` the endpoint gave."""
        try:
            async with contextlib.aclosing(_stream(self._local, _rest(request, text, spent_ms))) as chunks:
                async for chunk in chunks:
                    if chunk.finish is None:
                        yield chunk
                    else:
                        yield replace(chunk, finish=_joined(chunk.finish, text, failure.logprobs, spent_ms))
        except EngineError as error:
            raise EngineError(f"{failure} The local model cannot answer either: {error}") from error

    def retry_now(self) -> None:
        """Try the endpoint again at once, because something changed (a new key)."""
        self._breaker.retry_now()

    async def cancel(self) -> None:
        """Abort what runs, here and there."""
        await self._remote.cancel()
        await self._local.cancel()

    async def set_adapter(self, path: str | None, scale: float = 1.0) -> None:
        """Serve the local model with this adapter from its next request on."""
        await self._local.set_adapter(path, scale)

    async def remember(self, workspace: str, files: Mapping[str, str | None]) -> int:
        """Add files to the local model's memory of a workspace; nothing of them is sent anywhere."""
        return await self._local.remember(workspace, files)

    async def close(self) -> None:
        """Stop both."""
        await self._breaker.close()
        await self._remote.close()
        if self._loading is not None:
            self._loading.cancel()
        await self._local.close()


async def _stream(engine: Engine, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
    """An engine's stream as a generator whose end closes the engine's own."""
    stream = engine.generate(request)
    try:
        async for chunk in stream:
            yield chunk
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


def _rest(request: GenerateRequest, text: str, spent_ms: float) -> GenerateRequest:
    """What is left to ask for after ``text`` in ``spent_ms``; some time is left whatever was spent."""
    left = None if request.deadline_ms is None else max(request.deadline_ms - spent_ms, 50.0)
    if not text:
        return replace(request, deadline_ms=left)
    lines = sum(1 for line in text.split("\n")[1:] if line.strip())
    return replace(
        request,
        prompt=replace(request.prompt, typed=request.prompt.typed + text),
        stop=replace(request.stop, max_lines=max(1, request.stop.max_lines - lines)),
        deadline_ms=left,
    )


def _joined(finish: Finish, text: str, logprobs: tuple[float, ...], spent_ms: float) -> Finish:
    """The finish of an answer in two parts; without probabilities of the first there are none of the whole."""
    timings = replace(
        finish.timings,
        queue_ms=finish.timings.queue_ms + spent_ms,
        total_ms=finish.timings.total_ms + spent_ms,
    )
    if not text:
        return replace(finish, timings=timings)
    known = logprobs + finish.logprobs if logprobs else ()
    return replace(
        finish, timings=timings, logprobs=known, generated_tokens=finish.generated_tokens + len(logprobs)
    )


def _retrieved(task: asyncio.Task[None]) -> None:
    """Take note of a local model that did not load; its own state tells why."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.warning("The local model could not be loaded: %s", error)
