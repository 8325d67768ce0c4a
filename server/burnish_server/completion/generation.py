"""One running generation, which several requests in a row may follow while the user types what it writes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from burnish_models.engine.base import Engine, EngineInfo, FimPrompt, Finish, GenerateRequest
from burnish_models.errors import EngineError
from burnish_server.completion.confidence import TokenPiece, align
from burnish_server.completion.intent import Intent

__all__ = ["Anchor", "Answer", "Enough", "Generation"]

#: Looks at what was written so far and says whether the rest is not worth writing.
Enough = Callable[[Sequence[TokenPiece]], bool]

log = logging.getLogger(__name__)

_AUTO_CLOSED = ")]}\"'"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The place an answer belongs to: the document's text left and right of the cursor."""

    uri: str
    before: str
    after: str

    def typed_since(self, other: Anchor) -> str | None:
        """What was typed at this anchor to arrive at ``other`` (LF line ends), or ``None`` when it lies
        elsewhere.

        Closers that an editor adds by itself right of the cursor do not count as a change.
        """
        if self.uri != other.uri or not other.before.startswith(self.before):
            return None
        added = len(other.after) - len(self.after)
        if not 0 <= added <= 3 or not other.after.endswith(self.after):
            return None
        if any(character not in _AUTO_CLOSED for character in other.after[:added]):
            return None
        return other.before[len(self.before) :].replace("\r\n", "\n")

    def reachable_from(self, text: str) -> bool:
        """Whether the document, now reading ``text``, can still become this one by typing or accepting."""
        kept = len(text) - len(self.after)
        return kept >= 0 and text.endswith(self.after) and self.before.startswith(text[:kept])

    def typed_in(self, text: str) -> str | None:
        """What was typed at this anchor if the whole document now reads ``text``, or ``None``."""
        if not text.startswith(self.before) or len(text) < len(self.before) + len(self.after):
            return None
        if not text.endswith(self.after):
            return None
        return text[len(self.before) : len(text) - len(self.after)].replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished generation: its place, what was asked, its pieces with their log-probabilities, and how it ended."""

    anchor: Anchor
    intent: Intent
    request: GenerateRequest
    pieces: tuple[TokenPiece, ...]
    finish: Finish
    #: Who gave it, or began it.
    model: str
    adapter: str | None
    #: Whether that was a team's endpoint.
    elsewhere: bool = False

    @property
    def text(self) -> str:
        """The generated text, LF line ends."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def complete(self) -> bool:
        """Whether the model ended by itself or by a stop rule."""
        return self.finish.reason in {"stop", "eos"}

    def remainder(self, typed: str) -> tuple[TokenPiece, ...] | None:
        """The pieces left after ``typed``; ``None`` when it differs or nothing is left."""
        if not self.text.startswith(typed) or len(self.text) == len(typed):
            return None
        left: list[TokenPiece] = []
        skip = len(typed)
        for piece in self.pieces:
            if skip >= len(piece.text) > 0:
                skip -= len(piece.text)
                continue
            left.append(TokenPiece(piece.text[skip:], piece.logprobs))
            skip = 0
        return tuple(left)


class Generation:
    """Runs one request on the engine and lets followers wait for it.

    Args:
        engine: what generates.
        anchor: the place the answer is for.
        intent: what is asked for.
        request: the engine's request.
        on_answer: called once with the answer, if there is one.
        enough: looks at whole lines as they come and says when the rest is not worth writing.
        ahead: nobody has asked for it yet.
    """

    def __init__(
        self,
        engine: Engine,
        anchor: Anchor,
        intent: Intent,
        request: GenerateRequest,
        on_answer: Callable[[Generation, Answer], None],
        *,
        enough: Enough | None = None,
        ahead: bool = False,
    ) -> None:
        self.anchor = anchor
        self.intent = intent
        self.ahead = ahead
        #: Whether the answer holds for later requests too.
        self.keep = True
        self.followers = 0
        self._on_answer = on_answer
        self._enough = enough
        self._engine = engine
        self._request = request
        self._chunks: list[str] = []
        self._logprobs: list[float] = []
        self._text = ""
        self._answer: Answer | None = None
        self._error: EngineError | None = None
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="burnish-generation")

    @property
    def running(self) -> bool:
        """Whether the engine still works on it."""
        return not self._task.done()

    @property
    def prompt(self) -> FimPrompt:
        """What the engine was shown."""
        return self._request.prompt

    @property
    def failed(self) -> bool:
        """Whether it has ended without an answer."""
        return self._task.done() and self._answer is None

    def allows(self, typed: str | None) -> bool:
        """Whether text typed since the start agrees with what was generated so far."""
        return typed is not None and (self._text.startswith(typed) or typed.startswith(self._text))

    def abort(self) -> None:
        """Stop the engine's work on this; followers are told that there is no answer."""
        self._task.cancel()

    async def answer(self, typed: str) -> Answer | None:
        """Wait for the answer as long as it agrees with ``typed``.

        Returns:
            The answer, or ``None`` once it disagrees or the generation was aborted.

        Raises:
            EngineError: the engine failed.
        """
        self.followers += 1
        try:
            while True:
                news = self._news
                if self._error is not None:
                    raise self._error
                if not self.allows(typed):
                    return None
                if self._answer is not None:
                    return self._answer if self._answer.text.startswith(typed) else None
                if self._task.done():
                    return None
                await news.wait()
        finally:
            self.followers -= 1

    async def _run(self) -> None:
        stream = self._engine.generate(self._request)
        finish: Finish | None = None
        info: EngineInfo | None = None
        stopped = False
        try:
            async for chunk in stream:
                # The local model may go on where an endpoint fails: who began the answer counts.
                info = info or self._engine.describe()
                self._logprobs += chunk.logprobs
                if chunk.text and not stopped:
                    self._chunks.append(chunk.text)
                    self._text += chunk.text
                    if "\n" in chunk.text and self._is_enough():
                        stopped = True
                        await self._engine.cancel()
                finish = chunk.finish or finish
                self._wake()
            if finish is not None and stopped:
                finish = replace(finish, reason="stop", logprobs=tuple(self._logprobs))
            if finish is not None and info is not None and finish.reason != "cancelled":
                elsewhere = info.extra.get("serving") == "remote"
                self._answer = Answer(
                    anchor=self.anchor,
                    intent=self.intent,
                    request=self._request,
                    pieces=tuple(align(self._chunks, finish.logprobs)),
                    finish=finish,
                    model=info.model,
                    adapter=None if elsewhere else finish.adapter,
                    elsewhere=elsewhere,
                )
                self._on_answer(self, self._answer)
        except EngineError as error:
            log.warning("The engine failed during a completion: %s", error)
            self._error = error
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
            asyncio.get_running_loop().call_soon(self._wake)

    def _is_enough(self) -> bool:
        """Whether what was written so far, up to its last line end, decides the answer."""
        if self._enough is None or not self._logprobs:
            return False
        return self._enough(align(self._chunks, self._logprobs))

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
