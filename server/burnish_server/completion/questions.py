"""What the engine is asked at a cursor: the prompt, the stop rules, and how long it may take."""

from __future__ import annotations

from burnish_models.engine.base import Engine, FimPrompt, GenerateRequest
from burnish_server.completion.budget import PromptSizer
from burnish_server.completion.existence import Importer
from burnish_server.completion.intent import Intent
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.window import build_window
from burnish_server.context.source import ContextSource

__all__ = ["Questions"]


class Questions:
    """Makes the engine's requests.

    Args:
        context: what other files say; without it the prompt shows the file alone.
    """

    def __init__(self, context: ContextSource | None = None) -> None:
        self.context = context
        self._sizer = PromptSizer()

    def prompt(self, request: CompletionRequest, engine: Engine, *, idle: bool = False) -> FimPrompt:
        """What the model is to see; ``idle`` if nobody waits for it."""
        info = engine.describe()
        if self.context is not None:
            return self.context.prompt(request, self._sizer.tokens(info), info.prefill_rate, idle=idle)
        return build_window(request.source, request.offset, self._sizer.budget(info), request.path).prompt

    def importer(self, request: CompletionRequest) -> Importer | None:
        """How names come into the request's file."""
        return self.context.importer(request.path) if self.context is not None else None

    def reading(self, request: CompletionRequest, engine: Engine) -> GenerateRequest:
        """Evaluate the prompt and write nothing."""
        return GenerateRequest(self.prompt(request, engine, idle=True), generate=False)

    def writing(
        self, request: CompletionRequest, intent: Intent, engine: Engine, deadline_ms: float
    ) -> GenerateRequest:
        """Write what ``intent`` asks for."""
        return GenerateRequest(
            self.prompt(request, engine),
            stop=intent.stop,
            max_tokens=intent.max_tokens,
            deadline_ms=deadline_ms,
            # Without a workspace what repeats within the prompt still counts.
            memory=request.memory or request.uri,
            document=request.path,
        )
