"""How long a prompt may be: what the model can take, and what this machine evaluates while a user waits."""

from __future__ import annotations

from burnish_models.engine.base import EngineInfo
from burnish_server.completion.window import Budget

__all__ = ["PromptSizer"]

#: Seconds that evaluating a whole prompt may take at a place never seen before.
COLD_SECONDS = 3.0
#: Shorter prompts are not worth asking.
LEAST_TOKENS = 512
#: The speed must have changed clearly before the size follows: another size means evaluating everything anew.
_MARGIN = 1.4
_DEFAULT_CONTEXT = 2048


class PromptSizer:
    """Chooses a prompt size for an engine: its context, halved until it can be evaluated in :data:`COLD_SECONDS`."""

    def __init__(self) -> None:
        self._model = ""
        self._tokens = 0

    def tokens(self, info: EngineInfo) -> int:
        """Tokens of a prompt with its answer; steady while the measured speed wavers."""
        context = info.context_tokens or _DEFAULT_CONTEXT
        affordable = info.prefill_rate * COLD_SECONDS
        if not affordable:
            return context
        fitting = _halved(context, affordable)
        if info.model != self._model or not self._tokens or self._tokens > context:
            self._model, self._tokens = info.model, fitting
        elif fitting < self._tokens:
            self._tokens = max(fitting, _halved(context, affordable * _MARGIN))
        elif fitting > self._tokens:
            self._tokens = max(self._tokens, _halved(context, affordable / _MARGIN))
        return self._tokens

    def budget(self, info: EngineInfo) -> Budget:
        """The same in characters left and right of the cursor."""
        return Budget.of_context(self.tokens(info))


def _halved(context: int, affordable: float) -> int:
    """``context``, halved until it is affordable or as short as prompts get."""
    tokens = context
    while tokens > affordable and tokens // 2 >= LEAST_TOKENS:
        tokens //= 2
    return tokens
