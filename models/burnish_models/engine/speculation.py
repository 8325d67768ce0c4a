"""Speculative decoding without a draft model: guess the next tokens by looking up what followed the same tokens before.

The guesses are evaluated with the chosen token in one batch and kept only where the model, asked at each place,
chooses the same: the answer does not change (prompt lookup decoding, Saxena 2023; REST, arXiv 2311.08252). How many
tokens are guessed follows from what a batch costs on this machine and how often guesses were right, both measured
while serving; zero where it does not pay.
"""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from burnish_models.engine.drafts import Draft, Lookup

__all__ = ["LONGEST_DRAFT", "DraftPolicy", "Lookahead"]

LONGEST_DRAFT = 31
#: Kinds of sources are told apart by their length in these steps.
_CLASSES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
#: How fast a measured cost and a share of right guesses follow what is measured.
_COST_SMOOTHING, _HIT_SMOOTHING = 0.4, 0.1
#: What a further token of an untried batch size is taken to cost, as a share of a token alone.
_HOPE = 0.25
#: And at most this share of what the further tokens of the largest measured size cost.
_CHEAPER = 0.75
#: How fast a kind of match that is not tried any more is given another chance, and a batch size.
_FORGIVING = 0.004
_FADING, _FADING_EVERY = 0.97, 64
_UNKNOWN = -1.0

Source = tuple[str, int]


def _kind(source: Source) -> Source:
    """The source with its length rounded down to a class."""
    return source[0], max((size for size in _CLASSES if size <= source[1]), default=0)


def _prior(source: Source) -> float:
    """Share of right guesses expected from a source before anything was measured: where n tokens agreed or were right so
    far, n out of n and 2.
    """
    return max(0.3, source[1] / (source[1] + 2.0))


class DraftPolicy:
    """How many tokens to guess, by expected tokens a second.

    ``cost(n)`` is the smoothed time of evaluating n tokens at once, as a multiple of a single one's (which grows with
    the context and with the machine's load); ``hit(source)`` the smoothed share of guessed tokens that were right, by where
    the guess came from. Both start from stated priors.
    """

    def __init__(self) -> None:
        self._single = _UNKNOWN
        self._singles = 0
        #: By batch size, in single tokens; unknown until measured.
        self._measured = [_UNKNOWN, 1.0, *[_UNKNOWN] * LONGEST_DRAFT]
        self._largest = 1
        self._curve = self._interpolated()
        self._hit: dict[Source, float] = {}

    def note_cost(self, tokens: int, milliseconds: float) -> None:
        """Take note of what evaluating ``tokens`` at once cost."""
        if tokens == 1:
            self._single = _smoothed(self._single, milliseconds)
            self._singles += 1
            if self._singles % _FADING_EVERY:
                return
            self._measured[2:] = [cost * _FADING for cost in self._measured[2:]]
        elif self._single > 0.0 and tokens < len(self._measured):
            # Starting from the hopeful guess, one evaluation that was held up does not end all guessing.
            self._measured[tokens] = _smoothed(self._curve[tokens], milliseconds / self._single)
            self._largest = max(self._largest, tokens)
        self._curve = self._interpolated()

    def _interpolated(self) -> list[float]:
        """The cost of every size: measured, between two measured sizes in proportion, or guessed from the largest. The guess is
        hopeful, so that an untried size gets tried once.
        """
        known = [size for size, cost in enumerate(self._measured) if cost > 0.0]
        last, cost = known[-1], self._measured[known[-1]]
        slope = min(_HOPE, max(0.0, _CHEAPER * (cost - 1.0) / (last - 1))) if last > 1 else _HOPE
        sizes = np.arange(len(self._measured))
        curve = np.interp(sizes, known, [self._measured[size] for size in known])
        curve[last:] += slope * (sizes[last:] - last)
        return [float(value) for value in curve]

    def cost(self, tokens: int) -> float:
        """Expected time of ``tokens`` at once, in single tokens."""
        return self._curve[tokens]

    def note_outcome(self, source: Source, guessed: int, right: int) -> None:
        """Take note that of ``guessed`` tokens the first ``right`` were what the model chose."""
        tried = min(guessed, right + 1)
        if tried:
            known, kind = self.hit(source), _kind(source)
            self._hit[kind] = known + min(1.0, _HIT_SMOOTHING * tried) * (right / tried - known)

    def hit(self, source: Source) -> float:
        """Expected share of right tokens of a guess from ``source``."""
        kind = _kind(source)
        return self._hit.get(kind, _prior(kind))

    def length(self, source: Source, available: int) -> int:
        """How many of ``available`` guessed tokens to try; at most twice as many as were ever tried."""
        hit = self.hit(source)
        best, speed = 0, 1.0
        expected, chance = 1.0, 1.0
        for size in range(1, min(available, LONGEST_DRAFT, 2 * self._largest + 1) + 1):
            chance *= hit
            expected += chance
            gain = expected / self._curve[size + 1]
            if gain > speed:
                best, speed = size, gain
        kind = _kind(source)
        if not best and kind in self._hit:
            self._hit[kind] += _FORGIVING * (_prior(kind) - hit)
        return best


def _smoothed(known: float, value: float) -> float:
    # An evaluation that was held up says nothing about its size.
    return value if known <= 0.0 else known + _COST_SMOOTHING * (min(value, 3.0 * known) - known)


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
        lookup: where guesses come from; it is kept up to date here. None guesses nothing.
        policy: how many to guess; shared by all requests of one model.
    """

    def __init__(self, evaluator: Evaluator, lookup: Lookup | None, policy: DraftPolicy) -> None:
        self._evaluator = evaluator
        self._lookup = lookup
        self._policy = policy
        self._guesses: list[int] = []
        self._rows: NDArray[np.float32] | None = None
        self._right = 0
        self._source: Source = ("match", 0)
        self.drafted = 0
        self.accepted = 0

    def after(self, token: int, most: int) -> NDArray[np.float32]:
        """The logits after ``token``; ``most`` further tokens may still be wanted."""
        if self._lookup is None:
            return self._alone(token)
        self._lookup.add(token)
        if self._rows is not None:
            if self._right < len(self._guesses) and self._guesses[self._right] == token:
                self._right += 1
                self.accepted += 1
                row: NDArray[np.float32] = self._rows[self._right]
                return row
            self.settle()
        guesses = self._guess(self._lookup, min(most, LONGEST_DRAFT))
        return self._together(token, guesses) if guesses else self._alone(token)

    def _guess(self, lookup: Lookup, most: int) -> list[int]:
        """The guesses worth trying, of the source that is right most often."""
        drafts = lookup.drafts(most) if most else []
        if not drafts:
            return []
        best: Draft = max(drafts, key=lambda draft: self._policy.hit(draft.source))
        lookup.follow(best)
        self._source = best.source
        return list(best.tokens[: self._policy.length(best.source, len(best.tokens))])

    def _alone(self, token: int) -> NDArray[np.float32]:
        began = time.perf_counter()
        logits = self._evaluator.evaluate_one(token)
        self._policy.note_cost(1, (time.perf_counter() - began) * 1000)
        return logits

    def _together(self, token: int, guesses: list[int]) -> NDArray[np.float32]:
        self._guesses, self._right = guesses, 0
        self.drafted += len(guesses)
        began = time.perf_counter()
        rows = self._rows = self._evaluator.evaluate_each([token, *guesses])
        self._policy.note_cost(len(guesses) + 1, (time.perf_counter() - began) * 1000)
        first: NDArray[np.float32] = rows[0]
        return first

    def settle(self) -> None:
        """Forget the guesses that were not confirmed, in the cache too."""
        if self._rows is None:
            return
        self._policy.note_outcome(self._source, len(self._guesses), self._right)
        self._rows = None
        self._evaluator.drop_last(len(self._guesses) - self._right)
