"""Which tokens followed the longest earlier occurrence of a context: a suffix array read backwards.

The positions of a token sequence are sorted by what stands *before* them, nearest token first, up to
:data:`DEPTH` tokens back. The positions whose past ends like a context then form one interval, and each further token of
the context narrows it: two binary searches a token. This is the ∞-gram of Liu et al. (2024, arXiv 2401.17377) with a
bounded depth.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEPTH", "SEPARATOR", "Match", "SuffixIndex"]

#: Longest context that is compared, in tokens.
DEPTH = 16
#: Stands between documents; it is never a continuation and never matches.
SEPARATOR = -1


@dataclass(frozen=True, slots=True)
class Match:
    """The longest match of a context: its ``length`` in tokens and the positions that followed it."""

    length: int
    positions: NDArray[np.int32]


class SuffixIndex:
    """An immutable index over a token sequence.

    Args:
        tokens: int32, documents separated by :data:`SEPARATOR`.
    """

    def __init__(self, tokens: NDArray[np.int32]) -> None:
        self.tokens = np.ascontiguousarray(tokens, dtype=np.int32)
        self._order = _sorted_by_past(self.tokens)
        # Single items of a memoryview are read much faster than those of a numpy array.
        self._token_at = self.tokens.data
        self._position_at = self._order.data
        # Where the interval of each last token begins in the order: the widest binary searches, done ahead.
        before = np.where(self._order > 0, self.tokens[self._order - 1], SEPARATOR - 1)
        most = int(before.max(initial=-1)) + 2
        self._begins = np.searchsorted(before, np.arange(most)).tolist()

    def __len__(self) -> int:
        return len(self.tokens)

    def match(self, context: Sequence[int], most: int, hidden: Sequence[tuple[int, int]] = ()) -> Match:
        """The longest match of the end of ``context``, with at most ``most`` of the positions that follow it.

        Positions in the half-open ranges ``hidden`` do not count. A match of no token has length 0.
        """
        for length, low, high in reversed(self._intervals(context)):
            # A few more than asked for, because some may not count.
            positions = self._order[low : min(high, low + 4 * most)]
            follows = self.tokens[positions]
            kept = follows != SEPARATOR
            for begin, end in hidden:
                kept &= (positions < begin) | (positions >= end)
            if kept.any():
                return Match(length, positions[kept][:most])
        return Match(0, self._order[:0])

    def _intervals(self, context: Sequence[int]) -> list[tuple[int, int, int]]:
        """``(length, low, high)``: for each length that occurs, the interval of the order that it selects."""
        last = context[-1] if context else SEPARATOR
        if not 0 <= last < len(self._begins) - 1:
            return []
        low, high = self._begins[last], self._begins[last + 1]
        if low >= high:
            return []
        token_at, position_at = self._token_at, self._position_at
        found = [(1, low, high)]
        for back in range(2, min(DEPTH, len(context)) + 1):

            def past(i: int, back: int = back) -> int:
                at = position_at[i] - back
                return token_at[at] if at >= 0 else SEPARATOR - 1

            low = bisect_left(range(high), context[-back], low, high, key=past)
            high = bisect_right(range(high), context[-back], low, high, key=past)
            if low >= high:
                break
            found.append((back, low, high))
        return found


def _sorted_by_past(tokens: NDArray[np.int32]) -> NDArray[np.int32]:
    """Positions ordered by the tokens before them, nearest first, compared :data:`DEPTH` tokens deep.

    Prefix doubling (Manber and Myers 1990) on the past: after each round twice as many tokens are ordered.
    """
    count = len(tokens)
    # The token just before each position; the sequence begins after a separator.
    rank = np.concatenate([np.asarray([SEPARATOR - 1], dtype=np.int64), tokens[:-1].astype(np.int64)])[:count]
    order = np.argsort(rank, kind="stable")
    rank = _ranks(rank, order)
    depth = 1
    while depth < DEPTH and count:
        farther = np.zeros(count, dtype=np.int64)
        farther[depth:] = rank[:-depth] + 1 if depth < count else 0
        key = rank * (count + 1) + farther
        order = np.argsort(key, kind="stable")
        rank = _ranks(key, order)
        depth *= 2
    return order.astype(np.int32)


def _ranks(keys: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Dense ranks of ``keys`` given their order."""
    ordered = keys[order]
    steps = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])]) if len(keys) else ordered
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[order] = steps
    return ranks
