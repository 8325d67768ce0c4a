from __future__ import annotations

import numpy as np

from burnish_models.engine.base import FimPrompt, GenerateRequest
from burnish_models.engine.prompt_cache import PromptCache, SavedPrompt, common_prefix
from tests.unit.engine.scripted import ScriptedBackend
from tests.unit.engine.test_decode import decoder


def saved(*tokens: int, size: int = 10) -> SavedPrompt:
    return SavedPrompt(np.asarray(tokens, dtype=np.int32), b"s" * size)


def test_common_prefix() -> None:
    assert common_prefix([1, 2, 3], [1, 2, 4, 5]) == 2
    assert common_prefix([1, 2], [1, 2, 4]) == 2
    assert common_prefix([], [1]) == 0
    assert common_prefix(np.asarray([7, 8], dtype=np.int32), [9]) == 0


def test_the_prompt_that_spares_most_is_taken_and_a_small_gain_is_not_worth_a_copy() -> None:
    cache = PromptCache(1000)
    cache.add(saved(*range(100)))
    cache.add(saved(*range(200, 500)))
    wanted = list(range(200, 450))
    assert cache.take(wanted, live_common=0) is not None
    assert cache.take(wanted, live_common=240) is None
    assert cache.take(list(range(900, 950)), live_common=0) is None


def test_the_least_recently_used_goes_first() -> None:
    cache = PromptCache(25)
    first, second, third = (saved(*range(n, n + 100)) for n in (0, 1000, 2000))
    cache.add(first)
    cache.add(second)
    assert cache.take(list(range(100)), 0) is first
    cache.add(third)
    assert cache.size_bytes <= 25
    assert cache.take(list(range(1000, 1100)), 0) is None
    assert cache.take(list(range(100)), 0) is first


def test_a_longer_copy_replaces_what_it_continues() -> None:
    cache = PromptCache(1000)
    cache.add(saved(*range(100)))
    cache.add(saved(*range(150)))
    assert len(cache) == 1


def test_only_a_prompt_that_would_lose_much_is_wanted() -> None:
    cache = PromptCache(1000)
    live = list(range(400))
    assert cache.wants(live, 100)
    assert not cache.wants(live, 320)
    assert not cache.wants(live[:80], 70)
    assert not PromptCache(0).wants(live, 0)
    cache.add(saved(*live))
    assert not cache.wants(live, 100)


def test_coming_back_to_a_place_evaluates_next_to_nothing() -> None:
    backend = ScriptedBackend([{b"x": 1.0}, {b"\n": 1.0}] * 3, context_tokens=4096)
    decode = decoder(backend, cache_bytes=1 << 20)
    here, there = "x y\n" * 80, "y(x)\n" * 90

    def cached(prefix: str) -> tuple[int, int]:
        finish = decode.run(GenerateRequest(FimPrompt(prefix, "", "\n")), lambda _text: None)
        return finish.cached_tokens, finish.prompt_tokens

    cached(here)
    assert cached(there)[0] < 10
    reused, whole = cached(here)
    assert whole - reused <= 2
