"""Probabilities of single lines from an endpoint's alternatives, counted as the local engine counts them.

A token that carries a line end (``:\\n``) counts as its visible part followed by the end of the line, and all tokens
that begin with a line end are one choice: see :class:`burnish_models.engine.sampler.Sampler`. An endpoint tells only the
most likely alternatives, so a sum here may fall a little short of the true one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from burnish_models.remote.dialects import Token

__all__ = ["LineEnd", "Step"]

_LEAST = 1e-30


@dataclass(frozen=True, slots=True)
class Step:
    """What a token adds: log-probabilities, and whether the line ends before it all the same."""

    logprobs: tuple[float, ...]
    ends_before: bool = False


class LineEnd:
    """Carries from token to token the probability that the line has ended already."""

    def __init__(self) -> None:
        self._ended = 0.0

    def step(self, token: Token) -> Step:
        """Count one token whose log-probability is known."""
        assert token.logprob is not None
        chances = {token.text: math.exp(token.logprob)}
        for text, logprob in token.alternatives:
            chances.setdefault(text, math.exp(min(logprob, 0.0)))
        visible, newline, _ = token.text.partition("\n")
        end = sum(chance for text, chance in chances.items() if text.startswith("\n"))
        end = self._ended + (1.0 - self._ended) * end
        if newline and not visible:
            return Step((_log(end),))
        folded = sum(chance for text, chance in chances.items() if text.startswith(visible + "\n"))
        whole = folded + chances.get(visible, 0.0)
        chance = whole * (1.0 - self._ended)
        if self._ended and end >= chance:
            return Step((_log(end),), ends_before=True)
        self._ended = folded / max(whole, _LEAST)
        return Step((_log(chance), _log(self._ended))) if newline else Step((_log(chance),))


def _log(probability: float) -> float:
    return math.log(min(max(probability, _LEAST), 1.0))
