"""Memory while one answer is written: evidence for each next token, and drafts for speculation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from burnish_models.workspace_memory.mixing import Evidence, Weights, mix
from burnish_models.workspace_memory.store import WorkspaceMemory
from burnish_models.workspace_memory.suffixes import DEPTH, SuffixIndex

__all__ = ["Recall"]

_MOST_POSITIONS = 48


class Recall:
    """Follows one answer token by token.

    Args:
        prompt: the prompt's tokens; what repeats within it is evidence too, of its own kind.
        memory: the workspace's memory, or None.
        weights: how much either kind of evidence counts.
        leave_out: the document that is being edited.
    """

    def __init__(
        self, prompt: Sequence[int], memory: WorkspaceMemory | None, weights: Weights, leave_out: str = ""
    ) -> None:
        self._memory = memory
        self._weights = weights
        self._leave_out = leave_out
        self._context = list(prompt[-DEPTH:])
        self._prompt = SuffixIndex(np.asarray(prompt, dtype=np.int32))

    def add(self, token: int) -> None:
        """The answer goes on with ``token``."""
        self._context.append(token)
        del self._context[:-DEPTH]

    def evidence(self) -> list[Evidence]:
        """What is known of the next token, the farther source first."""
        found = []
        if self._memory is not None:
            length, tokens = self._memory.match(self._context, self._leave_out)
            if length:
                found.append(Evidence("workspace", length, tokens))
        match = self._prompt.match(self._context, _MOST_POSITIONS)
        if match.length:
            found.append(Evidence("file", match.length, self._prompt.tokens[match.positions]))
        return found

    def mixed(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """The model's ``probabilities`` of the next token with the evidence mixed in, in place."""
        return mix(probabilities, self.evidence(), self._weights)

    def draft(self, at_most: int) -> tuple[list[int], int]:
        """What the workspace would go on with, and the length of the match; ``([], 0)`` for nothing."""
        if self._memory is None:
            return [], 0
        return self._memory.draft(self._context, at_most, self._leave_out)
