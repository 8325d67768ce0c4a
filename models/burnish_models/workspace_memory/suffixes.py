"""Which tokens followed the longest earlier occurrence of a context.

:class:`SuffixIndex` is a suffix array read backwards, made once for what is looked at often: the positions of a token sequence
are sorted by what stands *before* them, nearest token first, up to :data:`DEPTH` tokens back. The positions whose past ends
like a context then form one interval, which three binary searches find. This is the ∞-gram of Liu et al. (2024, arXiv
2401.17377) with a bounded depth. :class:`PromptMatches` is for a text that is short, grows and is looked at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEPTH", "SEPARATOR", "Match", "PromptMatches", "SuffixIndex", "spelled", "spelled_token"]

#: Longest context that is compared, in tokens.
DEPTH = 16
#: Stands between documents; it is never a continuation and never matches.
SEPARATOR = -1
#: Bytes of a token in the array of pasts.
_WIDTH = 4
_OFFSET = 2
#: So few positions are looked at one by one faster than as an array.
_FEW = 12
#: Tokens that a prompt may grow by before its arrays do.
_ROOM = 256


@dataclass(frozen=True, slots=True)
class Match:
    """The longest match of a context: its ``length`` in tokens and the positions that followed it."""

    length: int
    positions: Sequence[int]


class SuffixIndex:
    """An immutable index over a token sequence.

    Args:
        tokens: int32, documents separated by :data:`SEPARATOR`.
    """

    def __init__(self, tokens: NDArray[np.int32]) -> None:
        self.tokens = np.ascontiguousarray(tokens, dtype=np.int32)
        self._order = _sorted_by_past(self.tokens)
        # Single items of a memoryview are read much faster than those of a numpy array.
        self._position_at = self._order.data
        self._token_at = self.tokens.data
        backwards = (self.tokens[::-1].astype(np.int64) + _OFFSET).astype(f">u{_WIDTH}")
        self._pasts = backwards.tobytes() + bytes(_WIDTH * DEPTH)
        # Where the interval of each last token begins in the order: the widest binary searches, done ahead.
        before = np.where(self._order > 0, self.tokens[self._order - 1], SEPARATOR - 1)
        most = int(before.max(initial=-1)) + 2
        self._begins = np.searchsorted(before, np.arange(most)).tolist()

    def __len__(self) -> int:
        return len(self.tokens)

    def match(self, past: bytes, most: int, hidden: Sequence[tuple[int, int]] = ()) -> Match:
        """The longest match of a context (:func:`spelled`), with at most ``most`` of the positions that follow it.

        Positions in the half-open ranges ``hidden`` do not count. A match of no token has length 0.
        """
        for length, low, high in self._intervals(past):
            # A few more than asked for, because some may not count.
            end = min(high, low + 4 * most)
            if end - low <= _FEW:
                positions = [at for at in self._position_at[low:end] if self._counts(at, hidden)]
            else:
                positions = self._counting(self._order[low:end], hidden)
            if positions:
                return Match(length, positions[:most])
        return Match(0, [])

    def tokens_at(self, positions: Sequence[int]) -> list[int]:
        """The tokens at ``positions``."""
        token_at = self._token_at
        return [token_at[at] for at in positions]

    def _counts(self, at: int, hidden: Sequence[tuple[int, int]]) -> bool:
        return self._token_at[at] != SEPARATOR and not any(begin <= at < end for begin, end in hidden)

    def _counting(self, positions: NDArray[np.int32], hidden: Sequence[tuple[int, int]]) -> list[int]:
        kept = self.tokens[positions] != SEPARATOR
        for begin, end in hidden:
            kept &= (positions < begin) | (positions >= end)
        counting: list[int] = positions[kept].tolist()
        return counting

    def _intervals(self, wanted: bytes) -> Iterator[tuple[int, int, int]]:
        """``(length, low, high)``, the longest first: the lengths that occur, each with the interval of the order that it
        selects; only those whose interval is wider than that of the length before.
        """
        last = int.from_bytes(wanted[:_WIDTH], "big") - _OFFSET
        if not 0 <= last < len(self._begins) - 1:
            return
        first, end = self._begins[last], self._begins[last + 1]
        if first >= end:
            return
        pasts, count, positions, size = self._pasts, len(self.tokens), self._position_at, len(wanted)

        def past(position: int) -> bytes:
            at = _WIDTH * (count - position)
            return pasts[at : at + size]

        low = high = bisect_left(positions, wanted, first, end, key=past)
        while low > first or high < end:
            # What has more in common with the context than all others stands next to where it would be put.
            above = _common(wanted, past(positions[low - 1])) if low > first else 0
            below = _common(wanted, past(positions[high])) if high < end else 0
            size = max(above, below)
            part, step = wanted[:size], 1
            if above == size:
                while low - step >= first and past(positions[low - step]) == part:
                    step *= 2
                low = bisect_left(positions, part, max(first, low - step), low, key=past)
            step = 1
            if below == size:
                while high + step <= end and past(positions[high + step - 1]) == part:
                    step *= 2
                high = bisect_right(positions, part, high, min(end, high + step), key=past)
            yield size // _WIDTH, low, high
            size = len(wanted)


class PromptMatches:
    """Where a text that grows token by token repeats itself: at every position, how far its past agrees with the end.

    Counting at all positions anew takes microseconds for the few thousand tokens of a prompt, less than making an index.

    Args:
        prompt: the text's beginning; of it alone :meth:`match` tells.
    """

    def __init__(self, prompt: Sequence[int]) -> None:
        self._prompt = self._size = len(prompt)
        room = self._size + _ROOM
        self._tokens = np.zeros(room, dtype=np.int32)
        self._tokens[: self._size] = prompt
        self._lengths = np.zeros(room + 1, dtype=np.int32)
        self._same = np.zeros(room, dtype=np.bool_)
        for token in prompt[-DEPTH:]:
            self._count(token)

    @property
    def tokens(self) -> NDArray[np.int32]:
        """All tokens so far: a view, valid until the next :meth:`add`."""
        return self._tokens[: self._size]

    def add(self, token: int) -> None:
        """The text goes on with ``token``."""
        self._count(token)
        if self._size == len(self._tokens):
            self._tokens = np.concatenate([self._tokens, np.zeros(_ROOM, dtype=np.int32)])
            self._lengths = np.concatenate([self._lengths, np.zeros(_ROOM, dtype=np.int32)])
            self._same = np.zeros(len(self._tokens), dtype=np.bool_)
        self._tokens[self._size] = token
        self._size += 1

    def _count(self, token: int) -> None:
        size, lengths = self._size, self._lengths
        same, after = self._same[:size], lengths[1 : size + 1]
        np.equal(self._tokens[:size], token, out=same)
        np.add(lengths[:size], 1, out=after)
        np.multiply(after, same, out=after)

    def match(self, most: int) -> Match:
        """The longest match in the prompt, up to :data:`DEPTH` tokens, with the last ``most`` positions that follow it."""
        lengths = self._lengths[: self._prompt]
        length = min(DEPTH, int(lengths.max(initial=0)))
        if not length:
            return Match(0, [])
        return Match(length, np.flatnonzero(lengths >= length)[-most:].tolist())

    def latest(self) -> tuple[int, int]:
        """The latest position whose past agrees longest with the end, and how many tokens agree; ``(0, 0)`` for none."""
        if not self._size:
            return 0, 0
        backwards = self._lengths[self._size - 1 :: -1]
        back = int(backwards.argmax())
        length = int(backwards[back])
        return (self._size - 1 - back, length) if length else (0, 0)


def spelled(context: Sequence[int]) -> bytes:
    """The end of a context as :meth:`SuffixIndex.match` takes it: at most :data:`DEPTH` tokens, the nearest first, as bytes
    that are ordered like tokens.
    """
    return b"".join(spelled_token(token) for token in context[: -DEPTH - 1 : -1])


def spelled_token(token: int) -> bytes:
    """One token of :func:`spelled`; 0 stands for what is before the beginning."""
    return (token + _OFFSET).to_bytes(_WIDTH, "big")


def _common(first: bytes, second: bytes) -> int:
    """Bytes that two pasts have in common at their start, in whole tokens."""
    size = len(first)
    while first[:size] != second[:size]:
        size -= _WIDTH
    return size


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
