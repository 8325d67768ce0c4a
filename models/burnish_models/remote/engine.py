"""An engine that asks a completion endpoint over HTTP: one vLLM, llama-server or Ollama for a whole team."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace

from burnish_models.engine.base import Chunk, EngineInfo, Finish, GenerateRequest, Timings
from burnish_models.errors import EngineClosedError, EngineError
from burnish_models.remote.answer import AnswerText
from burnish_models.remote.dialects import Event, Target, parse_event, request_body
from burnish_models.remote.errors import (
    RemoteContextError,
    RemoteDialectError,
    RemoteError,
    RemoteTimeoutError,
)
from burnish_models.remote.probe import DEFAULT_CONTEXT, probe
from burnish_models.remote.settings import RemoteSettings, is_loopback
from burnish_models.remote.transport import Transport

__all__ = ["RemoteEngine"]

_log = logging.getLogger(__name__)
#: As for the local engine: more of a file than this costs a shared server more than it tells the model.
_LARGEST_CONTEXT = 8192
#: Longest silence, in seconds, that is borne where nobody waits.
BACKGROUND_PATIENCE_S = 20.0


@dataclass(eq=False, slots=True)
class _Call:
    """One request at the endpoint: a task that owns the connection, and what it has read so far."""

    queue: asyncio.Queue[Event | EngineError | None] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None
    cancelled: bool = False
    background: bool = False

    def cancel(self) -> None:
        """Close the connection; the stream ends with ``cancelled``."""
        self.cancelled = True
        if self.task is not None:
            self.task.cancel()
        self.queue.put_nowait(None)

    def ended(self, task: asyncio.Task[None]) -> None:
        """The task is over; a failure nobody foresaw must not leave the reader waiting."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("A request to the endpoint failed unexpectedly", exc_info=error)
            self.queue.put_nowait(EngineError(f"A request to the endpoint failed: {type(error).__name__}."))


class RemoteEngine:
    """See :class:`~burnish_models.engine.base.Engine`. Several requests may run at once, up to the settings' limit.

    The endpoint is probed by :meth:`load`, and by the first request after a failed one. A request that only warms the
    prompt sends nothing: a shared server's time is for answers.

    Args:
        settings: the endpoint.
        key: tells the key to send now, or None. Never logged.
        on_state: called whenever :meth:`describe` would answer something new.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        *,
        key: Callable[[], str | None] | None = None,
        on_state: Callable[[EngineInfo], None] | None = None,
    ) -> None:
        self._settings = settings
        self._transport = Transport(settings, key or (lambda: None))
        self._on_state = on_state or (lambda _info: None)
        self._target: Target | None = None
        self._probing = asyncio.Lock()
        self._slots = asyncio.Semaphore(settings.max_concurrent)
        self._calls: set[_Call] = set()
        self._closed = False
        self.gives_logprobs: bool | None = None
        self._info = EngineInfo(
            *(settings.model, None, "", 0, settings.context_tokens or DEFAULT_CONTEXT, 0, 0, settings.family),
            backend=f"remote: {self._transport.host}",
            state="stopped",
            extra={"endpoint": self._transport.base},
        )
        if key is not None and not is_loopback(settings.url) and self._transport.base.startswith("http:"):
            _log.warning("The endpoint %s is not encrypted: code and key can be read on the way.", self.host)

    @property
    def host(self) -> str:
        """The endpoint's host and port."""
        return self._transport.host

    def describe(self) -> EngineInfo:
        """What is served there now. Never blocks."""
        return self._info

    async def load(self) -> None:
        """Ask the endpoint what it is and serves.

        Raises:
            RemoteError: it cannot be used; says why and what to do.
        """
        if self._closed:
            raise EngineClosedError("the engine was closed")
        self._target = None
        await self._known_target()

    async def _known_target(self) -> Target:
        async with self._probing:
            if self._target is not None:
                return self._target
            self._set_state("loading")
            try:
                target = await probe(self._transport, self._settings)
            except RemoteError as error:
                self._set_state("failed", str(error))
                raise
            self._target = target
            self._info = replace(
                self._info,
                model=target.model.replace("\\", "/").rpartition("/")[2],
                context_tokens=self._settings.context_tokens or min(target.context_tokens, _LARGEST_CONTEXT),
                fim_family=target.template.family if target.template else "",
                backend=f"remote: {target.server} at {self.host}",
                extra={**self._info.extra, "dialect": target.dialect},
                # Whether it really follows instructions shows when it is asked.
                chat=True,
            )
            self._set_state("ready")
            return target

    def _set_state(self, state: str, detail: str = "") -> None:
        self._info = replace(self._info, state=state, detail=detail)
        self._on_state(self._info)

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Chunk]:
        """Stream the answer to ``request``. Closing the iterator early closes the connection.

        Raises:
            RemoteError: the endpoint failed; what was yielded before stands.
        """
        patience_s = self._settings.first_token_timeout_s
        if request.background:
            patience_s = max(patience_s, BACKGROUND_PATIENCE_S)
        async with contextlib.aclosing(self.ask(request, patience_s)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def ask(self, request: GenerateRequest, patience_s: float) -> AsyncGenerator[Chunk, None]:
        """Like :meth:`generate`, with the longest silence to bear: before the first token and between two.

        Raises:
            RemoteError: the endpoint failed; ``logprobs`` are those of the text yielded before.
        """
        if self._closed:
            raise EngineClosedError("the engine was closed")
        if not request.generate:
            yield Chunk("", Finish("stop", Timings(), 0, 0, 0))
            return
        clock = _Clock(request.deadline_ms, patience_s, self._settings.total_timeout_s)
        call = _Call(background=request.background)
        if not request.background and self._slots.locked():
            self._give_way()
        self._calls.add(call)
        answer = AnswerText(request.stop, request.max_tokens)
        counts = Event()
        call.task = asyncio.create_task(
            self._ask(request, call, clock, answer, patience_s), name="burnish-remote"
        )
        call.task.add_done_callback(call.ended)
        try:
            while answer.reason is None:
                item = await clock.next(call.queue, self.host, bool(answer.tokens))
                if call.cancelled or item == "deadline":
                    text = answer.end("cancelled" if call.cancelled else "deadline")
                elif isinstance(item, Event):
                    counts = _merged(counts, item)
                    text = "".join([answer.add(token) for token in item.tokens])
                    if item.tokens:
                        clock.token()
                    if item.reason is not None:
                        text += answer.end(item.reason)
                elif isinstance(item, EngineError):
                    raise item
                else:
                    text = answer.end("eos")
                if text:
                    yield Chunk(text)
            if answer.tokens:
                self.gives_logprobs = bool(answer.logprobs)
            yield Chunk("", _finish(answer, counts, clock))
        except RemoteError as error:
            error.logprobs = answer.logprobs
            raise
        finally:
            self._calls.discard(call)
            call.task.cancel()
            await asyncio.wait({call.task})

    def _give_way(self) -> None:
        """End what runs in the background, for a request that somebody waits for."""
        for call in list(self._calls):
            if call.background:
                call.cancel()

    def _refuses_chat(self, error: RemoteError) -> None:
        """A conversation failed, which says nothing of completions, but that this model may have none."""
        if not error.transient and not isinstance(error, RemoteContextError | RemoteTimeoutError):
            self._info = replace(self._info, chat=False)

    async def _ask(
        self, request: GenerateRequest, call: _Call, clock: _Clock, answer: AnswerText, patience_s: float
    ) -> None:
        """Wait for a slot, send the request, and queue its events."""
        try:
            async with self._slots:
                target = self._target or await self._known_target()
                answer.stop_tokens = target.stop_tokens
                clock.sent()
                typed = request.prompt.typed.rstrip(" \t")
                answer.lead = request.prompt.typed[len(typed) :]
                sent = replace(request, prompt=replace(request.prompt, typed=typed))
                path, body = request_body(target, sent)
                dialect = target.dialect if request.chat is None else "chat"
                async for data in self._transport.events(path, body, patience_s):
                    call.queue.put_nowait(_read(dialect, data, self.host))
            call.queue.put_nowait(None)
        except RemoteError as error:
            if request.chat is not None:
                self._refuses_chat(error)
            elif error.lasting:
                self._target = None
                self._set_state("failed", str(error))
            call.queue.put_nowait(error)

    async def cancel(self) -> None:
        """End every request in flight and close its connection."""
        for call in list(self._calls):
            call.cancel()

    async def set_adapter(self, path: str | None, scale: float = 1.0) -> None:
        """Adapters belong to the local model; the endpoint serves what it serves."""
        if path is not None:
            raise EngineError(
                f"{self.host} cannot be given an adapter (scale {scale:g}) from here. Load it on the server."
            )

    async def remember(self, workspace: str, files: Mapping[str, str | None]) -> int:
        """No workspace's text is kept at an endpoint that others use too."""
        del workspace, files
        return 0

    async def close(self) -> None:
        """End what runs and close every connection."""
        self._closed = True
        for call in list(self._calls):
            call.queue.put_nowait(EngineClosedError("the engine was closed"))
            if call.task is not None:
                call.task.cancel()
        await self._transport.close()
        self._set_state("stopped")


class _Clock:
    """The times of one request, and how long its next event may take."""

    def __init__(self, deadline_ms: float | None, patience_s: float, total_s: float) -> None:
        self._patience_s = patience_s
        self._began = self._sent = self._last = time.perf_counter()
        self._first: float | None = None
        self._deadline = None if deadline_ms is None else self._began + deadline_ms / 1000
        self._total = self._began + total_s

    def sent(self) -> None:
        """The request left the queue."""
        self._sent = self._last = time.perf_counter()

    def token(self) -> None:
        """A token came."""
        self._last = time.perf_counter()
        self._first = self._first or self._last

    async def next(self, queue: asyncio.Queue[Event | EngineError | None], host: str, begun: bool) -> object:
        """The next item, or ``"deadline"`` once the request's time is over.

        Raises:
            RemoteTimeoutError: the endpoint is silent for too long.
        """
        patience = self._last + self._patience_s
        ends = [end for end in (self._deadline, self._total if begun else None) if end is not None]
        left = min([patience, self._total, *ends]) - time.perf_counter()
        try:
            return await asyncio.wait_for(queue.get(), max(left, 0.0))
        except TimeoutError as error:
            if ends and time.perf_counter() >= min(ends):
                return "deadline"
            raise RemoteTimeoutError(
                f"{host} took the request and sent no token for {time.perf_counter() - self._last:.1f} s."
            ) from error

    def timings(self, prefill_ms: float | None) -> Timings:
        """The request's timings; the wait for the first token counts as prefill where the endpoint says nothing."""
        now = time.perf_counter()
        first = self._first or now
        prefill = prefill_ms if prefill_ms is not None else (first - self._sent) * 1000
        return Timings(
            (self._sent - self._began) * 1000, prefill, (now - first) * 1000, (now - self._began) * 1000
        )


def _read(dialect: str, data: dict[str, object], host: str) -> Event:
    try:
        return parse_event(dialect, data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise RemoteDialectError(
            f"{host} does not speak {dialect}: an event had an unknown shape. Name its dialect in the settings."
        ) from error


def _merged(known: Event, event: Event) -> Event:
    """Counts of both, the later ones first."""
    return Event(
        prompt_tokens=known.prompt_tokens if event.prompt_tokens is None else event.prompt_tokens,
        cached_tokens=known.cached_tokens if event.cached_tokens is None else event.cached_tokens,
        prefill_ms=known.prefill_ms if event.prefill_ms is None else event.prefill_ms,
    )


def _finish(answer: AnswerText, counts: Event, clock: _Clock) -> Finish:
    return Finish(
        reason=answer.reason or "eos",
        timings=clock.timings(counts.prefill_ms),
        prompt_tokens=counts.prompt_tokens or 0,
        cached_tokens=counts.cached_tokens or 0,
        generated_tokens=answer.tokens,
        logprobs=answer.logprobs,
    )
