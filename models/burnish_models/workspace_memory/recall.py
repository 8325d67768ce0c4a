"""Memory while one answer is written: evidence for each next token."""

from __future__ import annotations

from collections.abc import Sequence

from burnish_models.workspace_memory.mixing import Evidence, Shares, Weights, shares
from burnish_models.workspace_memory.store import Found, WorkspaceMemory
from burnish_models.workspace_memory.suffixes import DEPTH, PromptMatches, spelled, spelled_token

__all__ = ["Recall"]

_MOST_POSITIONS = 48
_WIDTH = len(spelled([0] * DEPTH))
_NOTHING = Found(0, [])


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
        self._view = memory.view(leave_out) if memory is not None else None
        self._weights = weights
        self._past = spelled(prompt)
        #: The prompt and the answer so far.
        self.history = PromptMatches(prompt)
        #: What the workspace knows of the present context, once it was asked.
        self._found: Found | None = None

    def add(self, token: int) -> None:
        """The answer goes on with ``token``."""
        self._past = (spelled_token(token) + self._past)[:_WIDTH]
        self.history.add(token)
        self._found = None

    def in_workspace(self) -> Found:
        """The workspace's longest matches of the present context."""
        if self._found is None:
            self._found = self._view.find(self._past) if self._view is not None else _NOTHING
        return self._found

    def evidence(self) -> list[Evidence]:
        """What is known of the next token, the farther source first."""
        evidence = []
        found = self.in_workspace()
        if found.length:
            evidence.append(Evidence("workspace", found.length, found.continuations()))
        match = self.history.match(_MOST_POSITIONS)
        if match.length:
            evidence.append(Evidence("file", match.length, self.history.tokens[match.positions].tolist()))
        return evidence

    def shares(self) -> Shares:
        """The shares of the next token's probability that the model and single tokens get."""
        return shares(self.evidence(), self._weights)
