"""Evaluated prompts kept side by side: the keys and values of places the user was at before.

One prompt is live in the model's context. When another one would overwrite much of it, its state is copied out, and
copied back when the user returns, which takes milliseconds where evaluating it again takes seconds. All copies share
one budget in bytes; the least recently used go first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PromptCache", "SavedPrompt", "common_prefix"]

#: A copy pays when it saves at least this many tokens of evaluation.
_WORTHWHILE_TOKENS = 64
#: The live prompt is copied out before more than this share of it is lost; typing a line loses less.
_LOST_SHARE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class SavedPrompt:
    """An evaluated prompt: its tokens (int32) and the state that llama.cpp made of them."""

    tokens: NDArray[np.int32]
    state: bytes


def common_prefix(first: Sequence[int] | NDArray[np.int32], second: Sequence[int] | NDArray[np.int32]) -> int:
    """How many leading tokens are the same."""
    size = min(len(first), len(second))
    if not size:
        return 0
    differ = np.nonzero(
        np.asarray(first[:size], dtype=np.int32) != np.asarray(second[:size], dtype=np.int32)
    )[0]
    return int(differ[0]) if len(differ) else size


class PromptCache:
    """Saved prompts, least recently used first.

    Args:
        budget_bytes: the most that all states together may take; 0 keeps none.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._saved: list[SavedPrompt] = []

    def __len__(self) -> int:
        return len(self._saved)

    @property
    def size_bytes(self) -> int:
        """What the states take now."""
        return sum(len(saved.state) for saved in self._saved)

    def clear(self) -> None:
        """Drop everything."""
        self._saved.clear()

    def wants(self, live: Sequence[int], kept: int) -> bool:
        """Whether the live prompt is worth a copy before all but its first ``kept`` tokens are lost."""
        lost = len(live) - kept
        if not self._budget or lost < max(_WORTHWHILE_TOKENS, _LOST_SHARE * len(live)):
            return False
        return all(common_prefix(saved.tokens, live) < len(live) for saved in self._saved)

    def add(self, saved: SavedPrompt) -> None:
        """Keep ``saved`` as the most recently used; what it continues, and what no longer fits, goes."""
        self._saved = [
            old for old in self._saved if common_prefix(old.tokens, saved.tokens) < len(old.tokens)
        ]
        if len(saved.state) > self._budget:
            return
        self._saved.append(saved)
        while self.size_bytes > self._budget:
            del self._saved[0]

    def take(self, tokens: Sequence[int], live_common: int) -> SavedPrompt | None:
        """The saved prompt that spares the most evaluation of ``tokens``, if clearly more than the live one does.

        It counts as used and stays saved: the copy is still right when the live prompt has moved on.
        """
        wanted = np.asarray(tokens, dtype=np.int32)
        best, common = None, live_common + _WORTHWHILE_TOKENS - 1
        for saved in self._saved:
            shared = common_prefix(saved.tokens, wanted)
            if shared > common:
                best, common = saved, shared
        if best is not None:
            self._saved.remove(best)
            self._saved.append(best)
        return best
