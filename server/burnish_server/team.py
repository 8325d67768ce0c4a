"""A team's endpoint in front of the local model: made from the settings, with the gate that suits it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from burnish_models.engine.base import Engine, EngineInfo
from burnish_models.remote.settings import RemoteSettings, origin_of
from burnish_server.completion.confidence import Judge
from burnish_server.settings import EndpointOptions

__all__ = ["EndpointKeys", "UnknownConfidence", "judge_for", "with_endpoint"]

log = logging.getLogger(__name__)

OnState = Callable[[EngineInfo], None]


class EndpointKeys:
    """Keys by endpoint, in memory only. A key goes to the origin it was stored for and to no other."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def put(self, endpoint: str, key: str) -> bool:
        """Keep the key (an empty one forgets it); whether that changed anything."""
        origin, key = origin_of(endpoint), key.strip()
        if self._keys.get(origin, "") == key:
            return False
        self._keys[origin] = key
        return True

    def get(self, endpoint: str) -> str | None:
        """The key for an endpoint, or None."""
        return self._keys.get(origin_of(endpoint)) or None


@dataclass(frozen=True, slots=True)
class UnknownConfidence:
    """The gate for an endpoint that gives no probabilities.

    Nothing is known about its answers, so the model's threshold does not apply: what passes the checks of syntax, scope
    and repetition is shown. A threshold that the user has set holds, and then shows nothing.
    """

    threshold: float = 0.0

    def probability(self, logprobs: Sequence[float]) -> float:
        """No confidence at all."""
        del logprobs
        return 0.0


def with_endpoint(
    make_local: Callable[[OnState], Engine], options: EndpointOptions, keys: EndpointKeys, on_state: OnState
) -> Engine:
    """The endpoint of the settings with the local engine behind it; not loaded yet.

    Raises:
        ValueError: the settings contradict each other; says which and what to do.
    """
    from burnish_models.remote.engine import RemoteEngine
    from burnish_models.remote.fallback import FallbackEngine

    settings = RemoteSettings(
        url=options.url,
        model=options.model,
        dialect=options.dialect,
        family=options.fim_family,
        context_tokens=options.context_tokens,
        connect_timeout_s=options.connect_timeout_ms / 1000,
        first_token_timeout_s=options.first_token_timeout_ms / 1000,
        total_timeout_s=options.total_timeout_ms / 1000,
        max_concurrent=options.max_concurrent,
        # One quick try more, for a connection that was idle too long; the local model answers sooner than a third.
        retries=1,
        backoff_s=0.1,
    )
    log.info("Completions are asked from %s: code around the cursor is sent there.", origin_of(settings.url))
    return FallbackEngine(
        lambda notify: RemoteEngine(settings, key=lambda: keys.get(settings.url), on_state=notify),
        make_local,
        on_state=on_state,
        patience_s=settings.first_token_timeout_s,
    )


def judge_for(engine: Engine | None, local: Judge, local_model: str) -> Judge:
    """The gate for whoever served last: the local calibration, the endpoint's own word, or none."""
    from burnish_models.calibration import Calibration
    from burnish_models.remote.fallback import FallbackEngine

    if not isinstance(engine, FallbackEngine) or not engine.remote_serves:
        return local
    if engine.remote.gives_logprobs is False:
        return UnknownConfidence()
    # The same file gives the same probabilities wherever it runs.
    same = engine.remote.describe().model.removesuffix(".gguf") == local_model
    return local if same else Calibration.default()
