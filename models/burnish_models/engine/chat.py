"""Conversations as tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from burnish_models.chat_template import ChatTemplate
from burnish_models.engine.base import ChatPrompt
from burnish_models.engine.healing import split_for_healing
from burnish_models.engine.prompt import PromptTokens
from burnish_models.errors import EngineError

__all__ = ["ChatTokenizer", "Tokens"]


class Tokens(Protocol):
    """What is needed of a loaded model's vocabulary."""

    @property
    def bos(self) -> int | None:
        """The token every prompt begins with, where the vocabulary asks for one."""

    def tokenizer(self, *, leading_space: bool) -> Callable[[str], list[int]]:
        """A function from plain text to ids, special tokens never parsed."""

    def tokenize_markup(self, text: str) -> list[int]:
        """Ids of text in which special tokens are written by name."""


class ChatTokenizer:
    """Tokenises conversations for one model: its template's markup with special tokens, what is said in it without."""

    def __init__(self, template: ChatTemplate, tokens: Tokens) -> None:
        self._template = template
        self._plain = tokens.tokenizer(leading_space=False)
        self._markup = tokens.tokenize_markup
        self._bos = tokens.bos

    def build(self, prompt: ChatPrompt, room: int) -> PromptTokens:
        """Tokens of the conversation and of the answer's beginning.

        Raises:
            EngineError: they are more than ``room``. Nothing is cut: half a question would get another answer.
            ModelUnsupportedError: the template does not work.
        """
        begun, healing = split_for_healing(prompt.begun)
        tokens: list[int] = []
        for piece in self._template.render(prompt.messages):
            tokens += self._markup(piece.text) if piece.markup else self._plain(piece.text)
        tokens += self._plain(begun)
        if self._bos is not None and tokens[:1] != [self._bos]:
            tokens.insert(0, self._bos)
        if len(tokens) > room:
            raise EngineError(
                f"the conversation has {len(tokens)} tokens, and the model's context has room for {room}"
            )
        return PromptTokens(tokens, healing)
