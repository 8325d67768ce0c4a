"""What the decode loop must know of a vocabulary: token bytes, prefixes, line ends."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Vocabulary"]


class Vocabulary:
    """Token bytes with the questions that healing and stopping ask of them.

    Args:
        pieces: bytes of every token, by id; control tokens as empty bytes.
        end_tokens: ids that end an answer (end of generation and the family's stop markers).
    """

    def __init__(self, pieces: Sequence[bytes], end_tokens: Iterable[int]) -> None:
        self.pieces = list(pieces)
        self.end_tokens = frozenset(end_tokens)
        self._sorted = sorted((piece, i) for i, piece in enumerate(self.pieces) if piece)
        self._keys = [piece for piece, _ in self._sorted]
        self._ids = np.asarray([i for _, i in self._sorted], dtype=np.int64)
        self._by_bytes: dict[bytes, int] = {}
        for piece, i in self._sorted:
            self._by_bytes.setdefault(piece, i)
        self._unusable = np.asarray(
            [i for i, piece in enumerate(self.pieces) if not piece and i not in self.end_tokens],
            dtype=np.int64,
        )
        self._line_ends()

    def __len__(self) -> int:
        return len(self.pieces)

    def _line_ends(self) -> None:
        """Split the tokens that contain a newline by what is visible before it.

        ``line_end``: ids whose visible part is empty, and all end tokens: choosing one ends the line.
        ``folded`` / ``folded_onto``: ids whose visible part is a token of its own, and that token's id.
        """
        ends, folded, onto = set(self.end_tokens), [], []
        for i, piece in enumerate(self.pieces):
            at = piece.find(b"\n")
            if at < 0:
                continue
            visible = piece[:at].rstrip(b"\r")
            if not visible.strip():
                ends.add(i)
            elif (target := self._by_bytes.get(visible)) is not None:
                folded.append(i)
                onto.append(target)
        self.line_end = np.asarray(sorted(ends), dtype=np.int64)
        self.folded = np.asarray(folded, dtype=np.int64)
        self.folded_onto = np.asarray(onto, dtype=np.int64)

    @property
    def unusable(self) -> NDArray[np.int64]:
        """Ids that must never be generated: control tokens that do not end an answer."""
        return self._unusable

    def compatible(self, rest: bytes, first: int | None = None) -> NDArray[np.int64]:
        """Ids of the tokens that agree with ``rest``: those that start with it, and those it starts with.

        Of the latter only ``first``, where it is one: the token that the tokenizer itself would begin ``rest`` with. Others
        would lead to spellings that the model never saw.
        """
        low = bisect.bisect_left(self._keys, rest)
        high = bisect.bisect_left(self._keys, rest + b"\xff" * 8)
        covering = self._ids[low:high]
        piece = self.pieces[first] if first is not None else b""
        if piece and rest.startswith(piece):
            shorter = [] if piece == rest else [first]
        else:
            shorter = [self._by_bytes[rest[:n]] for n in range(1, len(rest)) if rest[:n] in self._by_bytes]
        return np.concatenate([covering, np.asarray(shorter, dtype=np.int64)])
