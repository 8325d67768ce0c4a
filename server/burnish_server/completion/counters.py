"""What the completion pipeline did since the server started, for the status and for benchmarks."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from burnish_models.engine.base import Finish

__all__ = ["Counters"]


@dataclass(slots=True)
class Counters:
    """Counts of requests by who answered them, and of tokens by what they were spent on.

    ``from_cache`` were answered by an earlier answer, ``followed`` by a generation that was running already (a prefetch
    included), ``asked`` made the engine begin anew. ``prompt_tokens`` and ``background_*`` (what no request waited for) add up
    over finished work; what the engine did in all, aborted work included, is :class:`~burnish_models.engine.base.EngineInfo`'s
    to tell.
    """

    requests: int = 0
    from_cache: int = 0
    followed: int = 0
    asked: int = 0
    shown: int = 0
    prefetched: int = 0
    warmed: int = 0
    prompt_tokens: int = 0
    background_evaluated_tokens: int = 0
    background_generated_tokens: int = 0

    def spent(self, finish: Finish, *, background: bool) -> None:
        """Add what one request to the engine cost."""
        evaluated = max(0, finish.prompt_tokens - finish.cached_tokens)
        self.prompt_tokens += finish.prompt_tokens
        if background:
            self.background_evaluated_tokens += evaluated
            self.background_generated_tokens += finish.generated_tokens

    def as_json(self) -> dict[str, int]:
        """The wire form (camelCase)."""
        return {_camel(name): value for name, value in asdict(self).items()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
