"""From streamed tokens to an answer: the stop rules of the local engine, applied on this side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from burnish_models.engine.base import StopRules
from burnish_models.engine.stops import find_stop
from burnish_models.remote.dialects import Token
from burnish_models.remote.line_end import LineEnd

__all__ = ["AnswerText"]


@dataclass(slots=True)
class AnswerText:
    """Collects tokens; hands out what is certain to stay.

    ``lead`` is white space that stands left of the cursor and was not sent, because it belongs to the next token
    (`` return`` is one): the answer must begin with it, and it is not part of the answer. An answer that begins
    otherwise does not fit the cursor and is empty. ``stop_tokens`` are the model's end tokens as text: some servers
    print them. ``reason`` is set once the answer has ended. ``logprobs`` holds one value a token up to and including
    the one that ended the answer, or nothing when the endpoint left any of them out: half a confidence is none.
    """

    rules: StopRules
    max_tokens: int
    stop_tokens: tuple[str, ...] = ()
    lead: str = ""
    text: str = ""
    tokens: int = 0
    reason: str | None = None
    _emitted: int = 0
    _logprobs: list[float] = field(default_factory=list)
    _unknown: bool = False
    _line: LineEnd = field(default_factory=LineEnd)

    @property
    def logprobs(self) -> tuple[float, ...]:
        """One natural-log probability a token, or none at all."""
        return () if self._unknown else tuple(self._logprobs)

    @property
    def emitted(self) -> str:
        """What was handed out so far."""
        return self.text[: self._emitted]

    def add(self, token: Token) -> str:
        """Take a token; returns the text that is now certain (maybe none)."""
        if self.reason is not None:
            return ""
        self.tokens += 1
        if self.lead:
            fitting = self._without_lead(token)
            if fitting is None:
                return ""
            token = fitting
        if self._count(token):
            return self.end("stop")
        self.text += token.text
        cut = find_stop(self.text, self._rules())
        if cut is not None:
            ended = any(self.text.startswith(stop, cut) for stop in self.stop_tokens)
            self.reason, self.text = "eos" if ended else "stop", self.text[:cut]
        elif self.tokens >= self.max_tokens:
            self.reason = "length"
        return self._hand_out(len(self.text) if self.reason else self._certain())

    def _without_lead(self, token: Token) -> Token | None:
        """What of a token stands right of the cursor; ``None`` while nothing does, or where it does not fit."""
        if token.text.startswith(self.lead) and token.text != self.lead:
            size = len(self.lead)
            fitting = [
                (text[size:], value) for text, value in token.alternatives if text.startswith(self.lead)
            ]
            self.lead = ""
            return Token(token.text[size:], token.logprob, tuple(fitting))
        if self.lead.startswith(token.text):
            self.lead = self.lead[len(token.text) :]
        else:
            self.end("eos")
        return None

    def _count(self, token: Token) -> bool:
        """Keep a token's log-probability; whether the line ends before the token."""
        if token.logprob is None:
            self._unknown = True
            return False
        if not self.rules.single_line:
            self._logprobs.append(min(token.logprob, 0.0))
            return False
        step = self._line.step(token)
        self._logprobs += step.logprobs
        return step.ends_before

    def end(self, reason: str) -> str:
        """The endpoint, a deadline or a cancellation ended the answer; returns the text not yet handed out."""
        if self.reason is None:
            self.reason = reason
        return self._hand_out(len(self.text))

    def _rules(self) -> StopRules:
        return replace(self.rules, strings=(*self.rules.strings, *self.stop_tokens))

    def _certain(self) -> int:
        hold = max(map(len, (*self.rules.strings, *self.stop_tokens)), default=1) - 1
        held = next((n for n in range(min(hold, len(self.text)), 0, -1) if self._may_stop(self.text[-n:])), 0)
        return max(self._emitted, min(len(self.text.rstrip()), len(self.text) - held))

    def _may_stop(self, tail: str) -> bool:
        """Whether ``tail`` is the beginning of a stop string."""
        return any(stop.startswith(tail) for stop in (*self.rules.strings, *self.stop_tokens))

    def _hand_out(self, upto: int) -> str:
        piece, self._emitted = self.text[self._emitted : upto], max(self._emitted, upto)
        return piece
