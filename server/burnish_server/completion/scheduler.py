"""Which work the engine does: one generation that may be followed, and what is done ahead while nobody waits.

The latest request wins. Text that extends a running generation by characters the model has just written follows it;
anything else stops it. Work ahead (a prompt evaluated early, the answer after an accepted suggestion) gives way to
every request.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from burnish_models.engine.base import Engine, FimPrompt, GenerateRequest
from burnish_models.errors import EngineError
from burnish_server.completion.cache import AnswerCache
from burnish_server.completion.conclude import Found
from burnish_server.completion.counters import Counters
from burnish_server.completion.generation import Anchor, Answer, Enough, Generation
from burnish_server.completion.intent import Intent
from burnish_server.completion.rhythm import Rhythm

__all__ = ["Scheduler"]

#: How long a generation whose request was withdrawn may go on while the user types along with it, in seconds.
TYPING_GRACE = 0.5


class Scheduler:
    """Runs generations on an engine, one at a time. Lives in one asyncio event loop."""

    def __init__(self) -> None:
        self.cache = AnswerCache()
        self.counters = Counters()
        self.rhythm = Rhythm()
        #: The prompt that the engine evaluated last, if that came to its end.
        self.evaluated: FimPrompt | None = None
        #: The prompt that it was asked for last.
        self.asked: FimPrompt | None = None
        self._generation: Generation | None = None
        self._drawing: Generation | None = None
        self._warming: asyncio.Task[None] | None = None
        self._planned: asyncio.TimerHandle | None = None
        self._texts: dict[str, str] = {}

    @property
    def busy(self) -> bool:
        """Whether the engine generates for someone, or ahead."""
        return self._generation is not None and self._generation.running

    def note_text(self, uri: str, text: str) -> None:
        """A document has this text now."""
        self._texts[uri] = text

    def document_changed(self, uri: str, text: str) -> None:
        """A document has a new text: a generation that it contradicts is stopped at once."""
        self._texts[uri] = text
        self._cancel_plan()
        self._stop_warming()
        if self._drawing is not None:
            self._drawing.abort()
        running = self._generation
        if running is None or running.anchor.uri != uri:
            return
        if running.ahead and running.anchor.reachable_from(text):
            return
        if not running.allows(running.anchor.typed_in(text)):
            self.abort()

    def document_closed(self, uri: str) -> None:
        """Forget a document and stop work on it."""
        self._texts.pop(uri, None)
        self._cancel_plan()
        if self._generation is not None and self._generation.anchor.uri == uri:
            self.abort()

    def start(
        self,
        engine: Engine,
        anchor: Anchor,
        intent: Intent,
        request: GenerateRequest,
        *,
        ahead: bool = False,
        enough: Enough | None = None,
    ) -> None:
        """Begin a generation in place of the one that runs.

        ``ahead`` if nobody has asked for it yet; ``enough`` says when the rest of a block is not worth writing.
        """
        self._stop_background()
        self.abort()
        if ahead:
            self.counters.prefetched += 1
        else:
            self.counters.asked += 1
        self.evaluated, self.asked = None, request.prompt
        self._generation = Generation(
            engine, anchor, intent, request, self._answered, ahead=ahead, enough=enough
        )

    async def follow(
        self, anchor: Anchor, intent: Intent, limit: float, *, own: bool = False
    ) -> Found | None:
        """Wait up to ``limit`` seconds for the running generation, if it may answer at ``anchor``.

        Raises:
            EngineError: the engine failed.
        """
        running = self._generation
        if running is None or (running.failed and not own):
            return None
        if intent.multiline and not running.intent.multiline:
            return None
        typed = running.anchor.typed_since(anchor)
        if typed is None or not running.allows(typed):
            return None
        try:
            answer = await asyncio.wait_for(running.answer(typed), max(limit, 0.02))
        except TimeoutError:
            running.abort()
            return None
        except asyncio.CancelledError:
            self._withdrawn(running)
            raise
        if answer is None:
            return None
        left = answer.remainder(typed) if typed else answer.pieces
        return None if left is None else Found(answer, left, reused=not own)

    async def ask(
        self, engine: Engine, anchor: Anchor, intent: Intent, request: GenerateRequest
    ) -> Answer | None:
        """One more answer at a place, which nobody else follows and nothing keeps; ``None`` once it is stopped.

        Raises:
            EngineError: the engine failed.
        """
        self._stop_background()
        self.abort()
        drawing = self._drawing = Generation(
            engine,
            anchor,
            intent,
            request,
            lambda _, answer: self.counters.spent(answer.finish, background=False),
        )
        try:
            return await drawing.answer("")
        finally:
            drawing.abort()

    def warm(self, engine: Engine, request: GenerateRequest) -> None:
        """Evaluate a prompt in the background, in place of an earlier one; any request stops it."""
        self._stop_background()
        self.counters.warmed += 1
        self.evaluated, self.asked = None, request.prompt
        self._warming = asyncio.create_task(self._drain(engine, request), name="burnish-warm-up")

    def plan(self, delay: float, work: Callable[[], None]) -> None:
        """Do ``work`` in ``delay`` seconds if nothing is asked or typed before."""
        self._cancel_plan()
        self._planned = asyncio.get_running_loop().call_later(delay, self._if_idle, work)

    def abort(self) -> None:
        """Stop the running generation."""
        if self._generation is not None:
            self._generation.abort()
            self._generation = None
        if self._drawing is not None:
            self._drawing.abort()
            self._drawing = None

    def stop(self) -> None:
        """Stop everything; with another model or adapter, nothing of before holds."""
        self.cache.clear()
        self.evaluated = self.asked = None
        self.abort()
        self._stop_background()

    def swapped(self) -> None:
        """Another adapter serves the next request. An answer that somebody waits for is still given, by the adapter that
        began it, but nothing of before is kept, followed or made ahead."""
        self.cache.clear()
        self.evaluated = self.asked = None
        self._stop_background()
        running, self._generation = self._generation, None
        if running is not None:
            running.keep = False
            if not running.followers:
                running.abort()
        if self._drawing is not None:
            self._drawing.abort()
            self._drawing = None

    def requested(self) -> None:
        """A request came in: what is planned for idle moments is dropped."""
        self.counters.requests += 1
        self._cancel_plan()

    def _answered(self, generation: Generation, answer: Answer) -> None:
        self.counters.spent(answer.finish, background=generation.ahead)
        if generation.keep:
            self.evaluated = generation.prompt
            self.cache.add(answer)
        if not generation.ahead:
            self.rhythm.answered(answer.finish.timings.total_ms)

    def _if_idle(self, work: Callable[[], None]) -> None:
        self._planned = None
        if not self.busy:
            work()

    def _cancel_plan(self) -> None:
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None

    def _withdrawn(self, running: Generation) -> None:
        """A follower was cancelled: stop at once, or a little later if the user is typing the very answer."""
        if running.followers or not running.running:
            return
        anchor = running.anchor
        typed = anchor.typed_in(self._texts.get(anchor.uri, anchor.before + anchor.after))
        if typed and running.allows(typed):
            asyncio.get_running_loop().call_later(TYPING_GRACE, _abort_unfollowed, running)
        else:
            running.abort()

    def _stop_background(self) -> None:
        self._cancel_plan()
        self._stop_warming()

    def _stop_warming(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
            self._warming = None

    async def _drain(self, engine: Engine, request: GenerateRequest) -> None:
        """Run a warm-up to its end; a failure is the engine's to report, a cancellation stops its work."""
        stream = engine.generate(request)
        try:
            with contextlib.suppress(EngineError):
                async for chunk in stream:
                    if chunk.finish is not None:
                        self.evaluated = request.prompt if chunk.finish.reason != "cancelled" else None
                        self.counters.spent(chunk.finish, background=True)
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()


def _abort_unfollowed(generation: Generation) -> None:
    if not generation.followers:
        generation.abort()
