"""Answers of a model to questions that nobody waits at the keyboard for, within a budget of time and tokens."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from burnish_models.engine.base import Chunk, Engine, Finish
from burnish_server.rewrite.model import Budget, Spent
from burnish_server.rewrite.prompting import Question

__all__ = ["Answer", "Asker", "BudgetSpentError", "endpoint_of"]

#: Fewer tokens than this are no function.
_LEAST_TOKENS = 32
#: Seconds to stay away from the engine after somebody else wanted it.
_PAUSE_S = 0.3


class BudgetSpentError(Exception):
    """Time or tokens are used up; says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote.

    Attributes:
        text: the whole answer, the part that the prompt held included. written: what the model added.
        finished: whether it came to its end by itself.
        adapter: the one that served. elsewhere: whether an endpoint wrote it.
    """

    text: str
    written: str
    finished: bool
    tokens: int
    temperature: float
    seed: int
    adapter: str | None = None
    elsewhere: bool = False


class Asker:
    """Asks one engine. A completion that is asked for meanwhile comes first: the answer stops, and goes on where it was.

    Args:
        engine: what answers. budget: its tokens. until: by the monotonic clock, when to stop asking.
        spent: is added to.
    """

    def __init__(self, engine: Engine, budget: Budget, until: float, spent: Spent) -> None:
        self._engine = engine
        self._budget = budget
        self._until = until
        self._spent = spent

    async def ask(self, question: Question, *, max_tokens: int, temperature: float, seed: int) -> Answer:
        """One answer.

        Raises:
            BudgetSpentError: there is not enough left for it.
            EngineError: the engine failed.
        """
        written, tokens = "", 0
        while True:
            left = min(max_tokens - tokens, self._tokens_left(question, written))
            finish, text = await self._asked(question, written, left, temperature, seed)
            # Another turn goes on from here, with fresh luck.
            written, tokens, seed = written + text, tokens + finish.generated_tokens, seed + 1000
            if finish.reason != "cancelled" or tokens >= max_tokens:
                break
            if self._elsewhere:
                # A conversation at an endpoint begins anew: not every server can go on.
                written, tokens = "", 0
            await asyncio.sleep(_PAUSE_S)
        self._spent.answers += 1
        finished = finish.reason in {"stop", "eos"}
        return Answer(
            question.lead + written,
            written,
            finished,
            tokens,
            temperature,
            seed % 1000,
            finish.adapter,
            self._elsewhere,
        )

    @property
    def _elsewhere(self) -> bool:
        return self._engine.describe().extra.get("serving") == "remote"

    def _tokens_left(self, question: Question, written: str) -> int:
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise BudgetSpentError("the time is used up")
        prompt = question.size + len(written.encode("utf-8", "replace"))
        left = self._budget.tokens - self._spent.tokens - prompt
        if left < _LEAST_TOKENS:
            raise BudgetSpentError("the tokens are used up")
        return left

    async def _asked(
        self, question: Question, written: str, most: int, temperature: float, seed: int
    ) -> tuple[Finish, str]:
        seconds = max(0.05, self._until - time.monotonic())
        request = question.request(
            written, max_tokens=most, temperature=temperature, seed=seed, deadline_ms=seconds * 1000
        )
        stream = self._engine.generate(request)
        parts: list[str] = []
        finish: Finish | None = None
        try:
            # The engine's own deadline begins when it is this request's turn.
            async with asyncio.timeout(seconds + 1):
                async for chunk in stream:
                    parts.append(chunk.text)
                    finish = self._counted(chunk) or finish
        except TimeoutError:
            raise BudgetSpentError("the time is used up") from None
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        assert finish is not None, "engines end their streams with a finish"
        return finish, "".join(parts)

    def _counted(self, chunk: Chunk) -> Finish | None:
        finish = chunk.finish
        if finish is not None:
            self._spent.evaluated += max(0, finish.prompt_tokens - finish.cached_tokens)
            self._spent.generated += finish.generated_tokens
        return finish


def endpoint_of(engine: Engine) -> str:
    """Host and port of the endpoint that an engine may send code to; empty where everything stays on this machine."""
    address = engine.describe().extra.get("endpoint", "")
    return urlsplit(address).netloc if address else ""
