"""Speculative decoding without a draft model: guess the next tokens by looking up what followed the same tokens before.

The guesses are evaluated with the chosen token in one batch and kept only where the model, asked at each place,
chooses the same: the answer does not change (prompt lookup decoding, Saxena 2023; REST, arXiv 2311.08252). How many
tokens are guessed follows from what a batch costs on this machine and how often guesses were right, both measured
while serving; zero where it does not pay.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from burnish_models.workspace_memory.recall import Recall

__all__ = ["LONGEST_DRAFT", "DraftPolicy", "Lookahead", "Lookup"]

LONGEST_DRAFT = 7
_LENGTHS = (8, 5, 3, 2)
_SMOOTHING = 0.1
_UNKNOWN = -1.0
#: What a further token of an untried batch size is taken to cost, as a share of a token alone.
_HOPE = 0.25
#: How fast a kind of match that is not tried any more is given another chance.
_FORGIVING = 0.004


def _prior(source: int) -> float:
    """Share of right guesses expected after a match of ``source`` tokens, before anything was measured."""
    return min(0.9, 0.35 + 0.08 * source)


class Lookup:
    """The tokens of one request, searched for earlier occurrences of their end.

    Args:
        tokens: the prompt.
        recall: the workspace's memory, asked too; the longer match is followed.
    """

    def __init__(self, tokens: Sequence[int], recall: Recall | None = None) -> None:
        self._recall = recall
        self._bytes = bytearray(np.asarray(tokens, dtype=np.int32).tobytes())

    def add(self, token: int) -> None:
        """Append a token."""
        self._bytes += int(token).to_bytes(4, "little")

    def draft(self, at_most: int) -> tuple[list[int], int]:
        """What followed the most recent occurrence of the longest repeated ending, and that ending's length.

        At most ``at_most`` tokens; ``([], 0)`` where nothing repeats.
        """
        own = self._own_draft(at_most)
        if self._recall is None or own[1] >= _LENGTHS[0]:
            return own
        known = self._recall.draft(at_most)
        return known if known[1] > own[1] else own

    def _own_draft(self, at_most: int) -> tuple[list[int], int]:
        data = self._bytes
        for length in _LENGTHS:
            size = 4 * length
            if len(data) <= size:
                continue
            at = self._aligned(bytes(data[-size:]), len(data) - 4)
            if at >= 0:
                follow = data[at + size : at + size + 4 * at_most]
                return np.frombuffer(bytes(follow), dtype=np.int32).tolist(), length
        return [], 0

    def _aligned(self, pattern: bytes, end: int) -> int:
        """Byte position of the last occurrence of ``pattern`` that starts at a token and ends before ``end``."""
        at = self._bytes.rfind(pattern, 0, end)
        while at >= 0 and at % 4:
            at = self._bytes.rfind(pattern, 0, at + len(pattern) - 1)
        return at


class DraftPolicy:
    """How many tokens to guess, by expected tokens a millisecond.

    ``cost(n)`` is the smoothed time of evaluating n tokens at once; ``hit(source)`` the smoothed share of guessed tokens
    that were right, by where the guess came from (the length of the match). Both start from stated priors.
    """

    def __init__(self) -> None:
        self._cost = [_UNKNOWN] * (LONGEST_DRAFT + 2)
        self._hit: dict[int, float] = {}

    def note_cost(self, tokens: int, milliseconds: float) -> None:
        """Take note of what evaluating ``tokens`` at once cost."""
        if 0 < tokens < len(self._cost):
            known = self._cost[tokens]
            # An evaluation that was held up says nothing about its size.
            value = milliseconds if known < 0 else min(milliseconds, 3.0 * known)
            self._cost[tokens] = value if known < 0 else known + _SMOOTHING * (value - known)

    def note_outcome(self, source: int, guessed: int, right: int) -> None:
        """Take note that of ``guessed`` tokens the first ``right`` were what the model chose."""
        tried = min(guessed, right + 1)
        if tried:
            known = self.hit(source)
            self._hit[source] = known + min(1.0, _SMOOTHING * tried) * (right / tried - known)

    def hit(self, source: int) -> float:
        """Expected share of right tokens for a match of ``source`` tokens."""
        return self._hit.get(source, _prior(source))

    def cost(self, tokens: int) -> float:
        """Expected milliseconds for ``tokens`` at once: measured, or guessed from the nearest smaller measured size.

        The guess is a hopeful quarter of a single token for each further one, so that an untried size gets tried once.
        """
        below = max((n for n in range(1, tokens + 1) if self._cost[n] >= 0), default=0)
        if not below:
            return 1.0 + _HOPE * (tokens - 1)
        if below == tokens:
            return self._cost[tokens]
        single = self._cost[1] if self._cost[1] >= 0 else self._cost[below] / below
        return self._cost[below] + _HOPE * single * (tokens - below)

    def length(self, source: int, available: int) -> int:
        """How many of ``available`` guessed tokens to try for a match of ``source`` tokens."""
        hit = self.hit(source)
        best, speed = 0, 1.0 / self.cost(1)
        expected, chance = 1.0, 1.0
        for size in range(1, min(available, LONGEST_DRAFT) + 1):
            chance *= hit
            expected += chance
            if expected / self.cost(size + 1) > speed:
                best, speed = size, expected / self.cost(size + 1)
        if not best and source in self._hit:
            self._hit[source] += _FORGIVING * (_prior(source) - hit)
        return best


class Evaluator(Protocol):
    """What :class:`Lookahead` needs of the decoder: evaluation that keeps account of the cached tokens."""

    def evaluate_one(self, token: int) -> NDArray[np.float32]:
        """Append a token; the logits after it."""

    def evaluate_each(self, tokens: list[int]) -> NDArray[np.float32]:
        """Append tokens; the logits after each, (tokens, vocabulary), valid until the next evaluation."""

    def drop_last(self, tokens: int) -> None:
        """Take the last ``tokens`` tokens off again."""


class Lookahead:
    """Gives the logits after each chosen token, evaluating guesses of the coming ones along with it.

    Args:
        evaluator: the decoder.
        lookup: the tokens so far; it is kept up to date here.
        policy: how many to guess; shared by all requests of one model.
        enabled: False guesses nothing.
    """

    def __init__(self, evaluator: Evaluator, lookup: Lookup, policy: DraftPolicy, *, enabled: bool) -> None:
        self._evaluator = evaluator
        self._lookup = lookup
        self._policy = policy
        self._enabled = enabled
        self._guesses: list[int] = []
        self._rows: NDArray[np.float32] | None = None
        self._right = 0
        self._source = 0
        self.drafted = 0
        self.accepted = 0

    def after(self, token: int, most: int) -> NDArray[np.float32]:
        """The logits after ``token``; ``most`` further tokens may still be wanted."""
        self._lookup.add(token)
        if self._rows is not None:
            if self._right < len(self._guesses) and self._guesses[self._right] == token:
                self._right += 1
                self.accepted += 1
                row: NDArray[np.float32] = self._rows[self._right]
                return row
            self.settle()
        guesses, self._source = self._lookup.draft(min(most, LONGEST_DRAFT)) if self._enabled else ([], 0)
        size = self._policy.length(self._source, len(guesses)) if guesses else 0
        began = time.perf_counter()
        if not size:
            logits = self._evaluator.evaluate_one(token)
            self._policy.note_cost(1, (time.perf_counter() - began) * 1000)
            return logits
        self._guesses, self._right = guesses[:size], 0
        self.drafted += size
        self._rows = self._evaluator.evaluate_each([token, *self._guesses])
        self._policy.note_cost(size + 1, (time.perf_counter() - began) * 1000)
        first: NDArray[np.float32] = self._rows[0]
        return first

    def settle(self) -> None:
        """Forget the guesses that were not confirmed, in the cache too."""
        if self._rows is None:
            return
        self._policy.note_outcome(self._source, len(self._guesses), self._right)
        self._rows = None
        self._evaluator.drop_last(len(self._guesses) - self._right)
