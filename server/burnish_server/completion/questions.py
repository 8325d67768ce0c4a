"""What the engine is asked at a cursor: the prompt, the stop rules, and how long it may take."""

from __future__ import annotations

from dataclasses import replace

from burnish_models.engine.base import Engine, FimPrompt, GenerateRequest
from burnish_server.completion.budget import PromptSizer
from burnish_server.completion.existence import Importer
from burnish_server.completion.intent import Intent
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.window import build_window
from burnish_server.context.source import ContextSource

__all__ = ["Questions"]

#: Fewer new characters than this are not worth reading ahead: the next request takes a moment for them.
_WORTHWHILE = 40
#: So many lines more than usual may stand in the middle until there is an idle moment.
_MOST_LINES_MOVED = 16


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

    def reading(
        self, request: CompletionRequest, engine: Engine, known: FimPrompt | None
    ) -> GenerateRequest | None:
        """Evaluate the prompt and write nothing.

        None where that would spare the next request hardly anything: ``known`` is the prompt evaluated last.
        """
        prompt = self.prompt(request, engine, idle=True)
        if known is not None and replace(known, typed="") == replace(prompt, typed=""):
            size = min(len(known.typed), len(prompt.typed))
            if known.typed[:size] == prompt.typed[:size] and len(prompt.typed) - size < _WORTHWHILE:
                return None
        return GenerateRequest(prompt, generate=False)

    def writing(
        self,
        request: CompletionRequest,
        intent: Intent,
        engine: Engine,
        deadline_ms: float,
        before: FimPrompt | None = None,
    ) -> GenerateRequest:
        """Write what ``intent`` asks for; ``before`` is the prompt that the engine was asked for last."""
        return GenerateRequest(
            _steady(self.prompt(request, engine), before),
            stop=intent.stop,
            max_tokens=intent.max_tokens,
            deadline_ms=deadline_ms,
            # Without a workspace what repeats within the prompt still counts.
            memory=request.memory or request.uri,
            document=request.path,
        )


def _steady(prompt: FimPrompt, before: FimPrompt | None) -> FimPrompt:
    """The prompt with the middle beginning where it did ``before``, if it has only just moved down.

    Where it moves, all of the suffix is evaluated anew. Somebody waits now; in an idle moment nobody does.
    """
    if before is None or (prompt.path, prompt.context) != (before.path, before.context):
        return prompt
    if len(before.prefix) >= len(prompt.prefix) or not prompt.prefix.startswith(before.prefix):
        return prompt
    moved = prompt.prefix[len(before.prefix) :]
    if moved.count("\n") > _MOST_LINES_MOVED:
        return prompt
    return replace(prompt, prefix=before.prefix, typed=moved + prompt.typed)
