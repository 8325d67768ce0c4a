"""The last answers, so that typing through a suggestion or deleting back asks the model nothing."""

from __future__ import annotations

from collections import deque

from burnish_server.completion.confidence import TokenPiece
from burnish_server.completion.generation import Anchor, Answer

__all__ = ["AnswerCache"]


class AnswerCache:
    """The last ``capacity`` complete answers of the model, newest first."""

    def __init__(self, capacity: int = 16) -> None:
        self._answers: deque[Answer] = deque(maxlen=capacity)

    def add(self, answer: Answer) -> None:
        """Remember an answer that the model finished."""
        if answer.complete and answer.text:
            self._answers.appendleft(answer)

    def clear(self) -> None:
        """Forget everything (another model or adapter serves now)."""
        self._answers.clear()

    def find(self, anchor: Anchor, *, multiline: bool) -> tuple[Answer, tuple[TokenPiece, ...]] | None:
        """An answer that still holds at ``anchor``, with the pieces not typed yet."""
        for answer in self._answers:
            typed = answer.anchor.typed_since(anchor)
            if typed is None or (multiline and not answer.intent.multiline):
                continue
            left = answer.remainder(typed)
            if left is not None and "".join(piece.text for piece in left).strip():
                return answer, left
        return None
